import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.js';
import { limits as standardLimits } from '../../src/config/limits.js';
import { openSenderCheck } from '../../src/mail/mail.js';
import type { TxtResolver } from '../../src/mail/mail.js';
import { dnsError, makeKey, nameOf, recordOf, signMail, zoneOf } from '../support/dkim.js';
import { arrived, key, letter, rawOf, signed, still, zone } from './dkim-letters.js';

describe('name servers that are gone', () => {
  /** A clock that a test moves; sleeping ends at once. */
  const moved = (): Clock & { ms: number } => {
    const clock = { ms: arrived * 1000, now: () => clock.ms, sleep: async () => Promise.resolve() };
    return clock;
  };
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => rawOf(signed({ key: makeKey('mx.example', { selector: `s${i}` }) })));

  test('hold a batch no longer than the time it has, though they never answer', async () => {
    const resolver = { txt: () => new Promise<readonly string[]>(() => undefined) };
    const senders = openSenderCheck({ resolver, clock: moved(), limits: standardLimits, authservIds: [] });
    const found = await senders.check(many(20));
    expect(found.map((each) => each?.authenticity)).toEqual(Array.from({ length: 20 }, () => 'unverified'));
  });

  test('of one organisation are left alone after two lookups without an answer, and no others', async () => {
    const resolver = zoneOf({});
    const txt = (name: string) =>
      name.endsWith('.silent.example') ? (resolver.asked.push(name), Promise.reject(dnsError('ETIMEOUT'))) : zone().txt(name); // prettier-ignore
    const senders = openSenderCheck({ resolver: { txt }, clock: still, limits: standardLimits, authservIds: [] });
    for (let i = 0; i < 10; i++) {
      const stranger = makeKey(`d${i}.silent.example`);
      await senders.check([rawOf(signMail(letter.replace('@mx.', `@d${i}.silent.`), { key: stranger }))]);
    }
    expect(resolver.asked).toHaveLength(2);
    expect((await senders.check([rawOf(signed())]))[0]?.authenticity).toBe('verified');
  });

  test('are left alone for a minute after four organisations without an answer, then asked again', async () => {
    const clock = { ...still, ms: arrived * 1000, now: () => clock.ms };
    const resolver = zoneOf({});
    let down = true;
    const txt = (name: string) => (down ? (resolver.asked.push(name), Promise.reject(dnsError('ETIMEOUT'))) : zone().txt(name)); // prettier-ignore
    const senders = openSenderCheck({ resolver: { txt }, clock, limits: standardLimits, authservIds: [] });
    const from = (i: number) => signMail(letter.replace('@mx.', `@d${i}.`), { key: makeKey(`d${i}.example`) });
    for (let i = 0; i < 10; i++) await senders.check([rawOf(from(i))]);
    expect(resolver.asked).toHaveLength(5);
    expect(resolver.asked.at(-1)).toBe('example.org');
    down = false;
    expect((await senders.check([rawOf(signed())]))[0]?.authenticity).toBe('unverified');
    clock.ms += 60_001;
    expect((await senders.check([rawOf(signed())]))[0]?.authenticity).toBe('verified');
  });

  test('of four organisations do not keep others from being asked while ours answer', async () => {
    const asked: string[] = [];
    const txt = (name: string) =>
      /d\d\.example$/.test(name) ? (asked.push(name), Promise.reject(dnsError('ETIMEOUT'))) : zone().txt(name);
    const senders = openSenderCheck({ resolver: { txt }, clock: still, limits: standardLimits, authservIds: [] });
    for (let i = 0; i < 8; i++) {
      await senders.check([rawOf(signMail(letter.replace('@mx.', `@d${i}.`), { key: makeKey(`d${i}.example`) }))]);
    }
    expect(asked).toHaveLength(8);
    expect((await senders.check([rawOf(signed())]))[0]?.authenticity).toBe('verified');
  });

  describe('when the check waits for them', () => {
    const moving = () => {
      const clock = { ...still, ms: arrived * 1000, now: () => clock.ms };
      return clock;
    };
    const cautious = (txt: TxtResolver['txt'], clock: Clock) => {
      const told: boolean[] = [];
      const news = { answering: (is: boolean) => void told.push(is), altered: () => undefined };
      const senders = openSenderCheck({ resolver: { txt }, clock, limits: standardLimits, authservIds: [], cautious: true, news }); // prettier-ignore
      return { senders, told };
    };

    test.each(['ETIMEOUT', 'ECONNREFUSED', 'ESERVFAIL', 'EREFUSED'])(
      'get one question a minute while they answer %s, and every mail is unverified at once',
      async (code) => {
        const clock = moving();
        const asked: string[] = [];
        const { senders, told } = cautious((name) => (asked.push(name), Promise.reject(dnsError(code))), clock);
        for (const each of many(5)) expect((await senders.check([each]))[0]?.authenticity).toBe('unverified');
        expect([asked, told]).toEqual([['example.org'], [false]]);
        clock.ms += 60_001;
        await senders.check(many(5));
        expect([asked, told]).toEqual([['example.org', 'example.org'], [false]]);
      },
    );

    test('are asked for keys once one says that there is no such name, and it is told', async () => {
      const clock = moving();
      let down = true;
      const { senders, told } = cautious((name) => (down ? Promise.reject(dnsError('ETIMEOUT')) : zone().txt(name)), clock); // prettier-ignore
      expect(await senders.answering()).toBe(false);
      down = false;
      expect((await senders.check([rawOf(signed())]))[0]?.authenticity).toBe('unverified');
      clock.ms += 60_001;
      expect((await senders.check([rawOf(signed())]))[0]?.authenticity).toBe('verified');
      expect(told).toEqual([false, true]);
    });
  });

  test('are asked again after five minutes for a key that was not there', async () => {
    const clock = { ...still, ms: arrived * 1000, now: () => clock.ms };
    let records: Record<string, string> = {};
    const resolver = { txt: (name: string) => zoneOf(records).txt(name) };
    const senders = openSenderCheck({ resolver, clock, limits: standardLimits, authservIds: [] });
    const check = async () => (await senders.check([rawOf(signed())]))[0]?.authenticity;
    expect(await check()).toBe('unverified');
    records = { [nameOf(key)]: recordOf(key) };
    expect(await check()).toBe('unverified');
    clock.ms += 300_001;
    expect(await check()).toBe('verified');
  });
});
