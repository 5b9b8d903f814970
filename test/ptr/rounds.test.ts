import { expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.js';
import type { NameServers } from '../../src/base/name-servers.js';
import { limits } from '../../src/config/limits.js';
import type { SourceAddress, SourceName } from '../../src/model/ptr.js';
import { startPtrLookups } from '../../src/ptr/ptr.js';
import { dnsError } from '../support/dkim.js';

const roundMs = 600_000;

/** Source IPs that wait, name servers by hand, and a clock that does not wait; ends after `rounds` rests. */
class Desk {
  readonly end = new AbortController();
  readonly sleeps: number[] = [];
  readonly kept: SourceName[][] = [];
  readonly told: boolean[] = [];
  readonly asked: string[] = [];
  mostAtOnce = 0;
  cancelled = 0;
  rounds = 0;
  waiting: SourceAddress[] = [];
  onRest: () => void = () => undefined;
  answerPtr: (name: string) => Promise<readonly string[]> = () => Promise.reject(dnsError('ENOTFOUND'));
  answerTxt: () => Promise<readonly string[]> = () => Promise.reject(dnsError('ENODATA'));
  keep: (names: readonly SourceName[]) => Promise<void> = async () => undefined;
  #underWay = 0;

  readonly clock: Clock = {
    now: () => 0,
    sleep: async (ms) => {
      this.sleeps.push(ms);
      await Promise.resolve();
      if (ms === roundMs) this.onRest();
    },
  };

  readonly servers: NameServers = {
    txt: () => this.answerTxt(),
    ptr: async (name) => {
      this.asked.push(name);
      this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#underWay);
      await new Promise(setImmediate);
      this.#underWay -= 1;
      return this.answerPtr(name);
    },
    addresses: () => Promise.reject(dnsError('ENOTFOUND')),
    cancel: () => (this.cancelled += 1),
  };

  async run(rounds = 1): Promise<this> {
    this.onRest = () => {
      this.rounds += 1;
      if (this.rounds >= rounds) this.end.abort();
    };
    await startPtrLookups(
      {
        servers: this.servers,
        clock: this.clock,
        limits,
        due: async (most) => this.waiting.splice(0, most),
        keep: async (names) => {
          await this.keep(names);
          this.kept.push([...names]);
        },
        onAnswering: (answering) => this.told.push(answering),
      },
      this.end.signal,
    ).done;
    return this;
  }
}

const sources = (count: number): SourceAddress[] =>
  Array.from({ length: count }, (_, i) => ({ sourceId: i + 1, ip: `198.51.${100 + Math.floor(i / 256)}.${i % 256}` }));

function desk(count: number): Desk {
  const made = new Desk();
  made.waiting = sources(count);
  return made;
}

test('a round looks up 500 source IPs and leaves one more to the next', async () => {
  const first = await desk(501).run();
  expect([first.asked.length, first.waiting.length]).toEqual([500, 1]);
  const second = await desk(501).run(2);
  expect([second.asked.length, second.waiting.length]).toEqual([501, 0]);
});

test('four are under way at one moment, and each waits before the next: ten begin in a second', async () => {
  const { mostAtOnce, sleeps } = await desk(40).run();
  expect(mostAtOnce).toBe(4);
  // 4 lookups in 400 ms are 10 in a second.
  expect(sleeps.filter((ms) => ms !== roundMs)).toEqual(Array.from({ length: 40 }, () => 400));
});

test('what is found is written in pieces, all of it', async () => {
  const { kept } = await desk(120).run();
  expect(kept.flat().map((each) => each.sourceId).sort((a, b) => a - b)).toEqual(sources(120).map((each) => each.sourceId)); // prettier-ignore
  expect(kept.length).toBeGreaterThan(1);
});

test('nothing is looked up, and it is told once, while no name server answers; and once when one does again', async () => {
  const silent = desk(3);
  const all = [...silent.waiting];
  silent.answerTxt = () => Promise.reject(dnsError(silent.rounds < 2 ? 'ETIMEOUT' : 'ENODATA'));
  const rest = silent.run(4);
  const { onRest } = silent;
  silent.onRest = () => {
    silent.waiting = [...all];
    onRest();
  };
  await rest;
  expect(silent.told).toEqual([false, true]);
  expect(silent.asked).toHaveLength(6);
});

test('a round ends when eight lookups in a row get no answer and nobody else answers', async () => {
  const gone = desk(100);
  gone.answerPtr = () => Promise.reject(dnsError('ETIMEOUT'));
  let probes = 0;
  gone.answerTxt = () => Promise.reject(dnsError(++probes === 1 ? 'ENODATA' : 'ETIMEOUT'));
  await gone.run();
  // Those under way when it is found out are the last.
  expect(gone.asked.length).toBeLessThanOrEqual(8 + limits.ptrTogether);
  expect(gone.told).toEqual([false]);
});

test('zones whose servers never answer do not keep others from being looked up', async () => {
  const hostile = desk(100);
  hostile.answerPtr = () => Promise.reject(dnsError('ETIMEOUT'));
  await hostile.run();
  expect(hostile.asked).toHaveLength(100);
  expect(hostile.told).toEqual([]);
  expect(new Set(hostile.kept.flat().map((each) => each.outcome))).toEqual(new Set(['failed']));
});

test('a store that cannot be written ends the round, and the next is made all the same', async () => {
  const full = desk(200);
  full.keep = () => Promise.reject(new Error('the disk is full'));
  await full.run(2);
  expect(full.asked.length).toBeLessThan(200);
  expect(full.rounds).toBe(2);
});

test('the end breaks off what is under way, and keeps nothing of it', async () => {
  const ended = desk(10);
  ended.answerPtr = () => {
    ended.end.abort();
    return Promise.reject(dnsError('ECANCELLED'));
  };
  await ended.run();
  expect([ended.cancelled, ended.kept]).toEqual([1, []]);
});
