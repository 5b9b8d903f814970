import { describe, expect, it } from 'vitest';
import type { Clock } from '../src/base/clock.js';
import type { Events } from '../src/observe/events.js';
import { WatchSchedule } from '../src/watch-schedule.js';

const hour = 3_600_000;
const second = 1_000;

class HandClock implements Clock {
  ms = 1_000_000;
  now(): number {
    return this.ms;
  }
  sleep(): Promise<void> {
    return Promise.resolve();
  }
}

function setting(...sources: string[]) {
  const clock = new HandClock();
  const schedule = new WatchSchedule(clock, sources);
  const events = schedule.listening(new Proxy({} as Events, { get: () => () => undefined }));
  const polled = (source: string) => events.pollSucceeded(source, { durationMs: 1, mails: 1 });
  const failed = (source: string) =>
    events.pollFailed(source, { durationMs: 1, reason: 'connect', message: '', hint: '', retryInMs: 1 });
  const stored = (source: string) => events.batchStored(source, { mails: 1, reports: 1, durationMs: 1 });
  const backlog = (source: string, left: number) =>
    events.backlog(source, { left, oldest: 0, done: 0, perSecond: null, secondsLeft: null });
  return { clock, schedule, polled, failed, stored, backlog };
}

/** Runs the schedule once, as far as it is due. */
async function runOnce(schedule: WatchSchedule): Promise<number> {
  const stop = new AbortController();
  let runs = 0;
  if (schedule.due() > 0) return 0;
  await schedule.run(() => {
    runs += 1;
    stop.abort();
    return Promise.resolve(null);
  }, stop.signal);
  return runs;
}

describe('the first evaluation', () => {
  it('waits until every source has ended its first poll', () => {
    const { clock, schedule, polled } = setting('a', 'b');
    polled('a');
    clock.ms += second;
    expect(schedule.due()).toBeGreaterThan(0);
    polled('b');
    expect(schedule.due()).toBe(0);
  });

  it('does not wait for a source that cannot be reached', () => {
    const { clock, schedule, polled, failed } = setting('a', 'b');
    polled('a');
    failed('b');
    clock.ms += second;
    expect(schedule.due()).toBe(0);
  });
});

describe('after new data', () => {
  it('an evaluation waits for the mails that arrive together, and then for the backlog', async () => {
    const { clock, schedule, polled, stored, backlog } = setting('a');
    polled('a');
    clock.ms += second;
    expect(await runOnce(schedule)).toBe(1);
    backlog('a', 50);
    stored('a');
    clock.ms += second;
    expect(schedule.due()).toBeGreaterThan(0);
    stored('a');
    polled('a');
    expect(schedule.due()).toBe(second);
    clock.ms += second;
    expect(await runOnce(schedule)).toBe(1);
  });

  it('a mailbox that fails in the middle of its backlog holds it, but never for more than an hour', async () => {
    const { clock, schedule, polled, stored, backlog, failed } = setting('a');
    polled('a');
    clock.ms += second;
    await runOnce(schedule);
    backlog('a', 50);
    stored('a');
    failed('a');
    clock.ms += hour - 1;
    expect(schedule.due()).toBe(1);
    clock.ms += 1;
    expect(await runOnce(schedule)).toBe(1);
  });
});

it('evaluates every hour when nothing comes, so that findings resolve and the digest leaves', async () => {
  const { clock, schedule, polled } = setting('a');
  polled('a');
  clock.ms += second;
  await runOnce(schedule);
  expect(schedule.due()).toBe(hour);
  clock.ms += hour;
  expect(await runOnce(schedule)).toBe(1);
});

describe('a clock that is set back', () => {
  it('holds an evaluation no longer than usual', () => {
    const { clock, schedule, polled, stored } = setting('a');
    polled('a');
    stored('a');
    clock.ms -= 24 * hour;
    expect(schedule.due()).toBe(second);
    clock.ms += second;
    expect(schedule.due()).toBe(0);
  });

  it('holds the hourly evaluation no longer than an hour', async () => {
    const { clock, schedule, polled } = setting('a');
    polled('a');
    clock.ms += second;
    expect(await runOnce(schedule)).toBe(1);
    clock.ms -= 24 * hour;
    expect(schedule.due()).toBe(hour);
    clock.ms += hour;
    expect(schedule.due()).toBe(0);
  });
});

describe('what waits to be told', () => {
  it('is looked at when it is due, and at the latest within the hour', async () => {
    const { clock, schedule } = setting();
    clock.ms += second;
    const run = async (nextAt: number | null) => {
      const stop = new AbortController();
      await schedule.run(() => {
        stop.abort();
        return Promise.resolve(nextAt);
      }, stop.signal);
    };
    await run(clock.ms + 900 * second);
    expect(schedule.due()).toBe(900 * second);
    clock.ms += 900 * second;
    expect(schedule.due()).toBe(0);
    await run(clock.ms + 2 * hour);
    expect(schedule.due()).toBe(hour);
    schedule.nudge();
    // An evaluation was just made.
    expect(schedule.due()).toBe(second);
  });
});
