import { expect, test } from 'vitest';
import { BusyFailure, PollFailure } from '../../src/source/poll-failure.js';
import { runPolls } from '../../src/source/poll-loop.js';
import { TestClock, TestEvents } from './harness.js';

/** Runs polls that end as listed (a number of mails, or an error) and stops; resolves with what was slept and told. */
async function poll(
  seconds: number,
  endings: readonly (number | Error)[],
): Promise<{ sleeps: number[]; heard: TestEvents }> {
  const clock = new TestClock();
  const heard = new TestEvents();
  const stop = new AbortController();
  let next = 0;
  const polls = runPolls(
    {
      name: 'reports',
      intervalMs: seconds * 1000,
      clock,
      events: heard.events,
      poll: () => {
        const ending = endings[next++] ?? 0;
        return ending instanceof Error ? Promise.reject(ending) : Promise.resolve(ending);
      },
    },
    stop.signal,
  );
  for (let count = 1; count < endings.length; count++) {
    await clock.slept(count);
    clock.wake();
  }
  await clock.slept(endings.length);
  stop.abort();
  await polls;
  return { sleeps: clock.sleeps, heard };
}

/** The waits with their jitter of at most a quarter taken for none. */
function without(jittered: readonly number[], whole: readonly number[]): readonly number[] {
  return jittered.map((ms, index) => {
    const full = whole[index] ?? 0;
    return ms > full * 0.75 - 1 && ms <= full ? full : ms;
  });
}

const broken = new PollFailure('connect', 'mailbox reports: gone', 'wait');
const busy = new BusyFailure('connect', 'mailbox reports: slow down', 'wait');

test('failures wait from 5 s doubling to the interval, and a success starts anew', async () => {
  const { sleeps } = await poll(30, [broken, broken, broken, broken, 2, broken]);
  const expected = [5_000, 10_000, 20_000, 30_000, 30_000, 5_000];
  expect(without(sleeps, expected)).toEqual(expected);
});

test('a refused login is not tried again before the next poll is due', async () => {
  const refused = new PollFailure('auth', 'mailbox reports: wrong password', 'set password');
  expect((await poll(300, [refused, refused, broken])).sleeps.slice(0, 2)).toEqual([300_000, 300_000]);
});

test('a server that asks for patience is not asked again before the next poll is due', async () => {
  expect((await poll(300, [busy, busy, broken])).sleeps.slice(0, 2)).toEqual([300_000, 300_000]);
});

test('a rest of its own is taken after a success, and never after a failure', async () => {
  const clock = new TestClock();
  const stop = new AbortController();
  const rests: number[] = [];
  const endings = [() => Promise.resolve(1), () => Promise.reject(broken), () => Promise.resolve(0)];
  await runPolls(
    {
      name: 'reports',
      intervalMs: 30_000,
      clock,
      events: new TestEvents().events,
      poll: () => {
        clock.wake();
        return endings.shift()?.() ?? Promise.resolve(0);
      },
      rest: (ms) => {
        rests.push(ms);
        if (endings.length === 0) stop.abort();
        return Promise.resolve();
      },
    },
    stop.signal,
  );
  expect(rests).toEqual([30_000, 30_000]);
  expect(clock.sleeps).toHaveLength(1);
});

test('no wait after a failure is longer than 15 minutes, and none shorter than 5 s is asked of a fast poll', async () => {
  const slow = await poll(
    86_400,
    Array.from({ length: 10 }, () => broken),
  );
  expect(without(slow.sleeps.slice(8), [900_000, 900_000])).toEqual([900_000, 900_000]);
  const fast = await poll(1, [broken, broken]);
  expect(without(fast.sleeps, [5_000, 5_000])).toEqual([5_000, 5_000]);
});

test('a failure is told with its reason and hint, an unforeseen one as other', async () => {
  const { heard, sleeps } = await poll(30, [broken, new TypeError('a bug')]);
  expect(heard.facts('pollFailed')).toEqual([
    {
      durationMs: expect.any(Number) as number,
      reason: 'connect',
      message: 'mailbox reports: gone',
      hint: 'wait',
      retryInMs: sleeps[0],
    },
    { durationMs: expect.any(Number) as number, reason: 'other', message: 'a bug', hint: '', retryInMs: sleeps[1] },
  ]);
});
