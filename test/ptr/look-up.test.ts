import { afterEach, describe, expect, test } from 'vitest';
import { openNameServers } from '../../src/base/name-servers.js';
import { limits } from '../../src/config/limits.js';
import { lookUp } from '../../src/ptr/ptr.js';
import { startNameServer } from '../support/name-server.js';
import type { NameRecords, NameServer } from '../support/name-server.js';

let server: NameServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function look(ip: string, records: Readonly<Record<string, NameRecords>> | null) {
  server = await startNameServer(records);
  return lookUp(openNameServers([server.address]), ip, limits.ptrNames);
}

const arpa = '7.100.51.198.in-addr.arpa';
const none = { answer: { outcome: 'none' }, silent: false };
const named = (name: string, generic = false) => ({ answer: { outcome: 'confirmed', name, generic }, silent: false });

describe('the name of a source IP', () => {
  test('is the PTR name that has the address', async () => {
    const found = await look('198.51.100.7', {
      [arpa]: { ptr: ['MX.Mailer.example'] },
      'mx.mailer.example': { a: ['203.0.113.1', '198.51.100.7'] },
    });
    expect(found).toEqual(named('mx.mailer.example'));
    expect(server?.asked).toEqual([arpa, 'mx.mailer.example']);
  });

  test('is found for IPv6', async () => {
    const zeros = '0.'.repeat(20);
    const found = await look('2001:db8::a7', {
      [`7.a.0.0.${zeros}8.b.d.0.1.0.0.2.ip6.arpa`]: { ptr: ['mx.mailer.example'] },
      'mx.mailer.example': { aaaa: ['2001:db8:0:0:0:0:0:a7'] },
    });
    expect(found).toEqual(named('mx.mailer.example'));
  });

  test("is nobody else's: a name that does not have the address is none", async () => {
    const claims = { [arpa]: { ptr: ['mail-7.google.example'] } };
    expect(await look('198.51.100.7', claims)).toEqual(none);
    await server?.close();
    expect(await look('198.51.100.7', { ...claims, 'mail-7.google.example': { a: ['203.0.113.1'] } })).toEqual(none);
    await server?.close();
    expect(await look('198.51.100.7', { ...claims, 'mail-7.google.example': { aaaa: ['2001:db8::7'] } })).toEqual(none);
  });

  test('is the first that is confirmed, in the order of the alphabet', async () => {
    const found = await look('198.51.100.7', {
      [arpa]: { ptr: ['c.mailer.example', 'b.mailer.example', 'a.mailer.example'] },
      'b.mailer.example': { a: ['198.51.100.7'] },
      'c.mailer.example': { a: ['198.51.100.7'] },
    });
    expect(found).toEqual(named('b.mailer.example'));
  });

  test('is among five names, and no further one is tried', async () => {
    const zone = (last: string) => ({
      [arpa]: { ptr: ['f', 'e', 'd', 'c', 'b', 'a'].map((each) => `${each}.mailer.example`) },
      [`${last}.mailer.example`]: { a: ['198.51.100.7'] },
    });
    expect(await look('198.51.100.7', zone('e'))).toEqual(named('e.mailer.example'));
    await server?.close();
    expect(await look('198.51.100.7', zone('f'))).toEqual(none);
    expect(server?.asked).toHaveLength(6);
  });

  test('is known to be generic', async () => {
    const name = 'dsl-198-51-100-7.isp.example';
    const found = await look('198.51.100.7', { [arpa]: { ptr: [name] }, [name]: { a: ['198.51.100.7'] } });
    expect(found).toEqual(named(name, true));
  });

  test.each([['mx\u0001.example'], ['<b>.example'], ['m\u00fcller.example'], ['localhost']])(
    'is not %j, and nothing is asked about that',
    async (name) => {
      const { answer } = await look('198.51.100.7', { [arpa]: { ptr: [name] } });
      expect(answer.outcome).not.toBe('confirmed');
      expect(server?.asked).toEqual([arpa]);
    },
  );

  test('is none when there is no PTR record', async () => {
    expect(await look('198.51.100.7', {})).toEqual(none);
  });

  test('stays open when a server fails', async () => {
    const failed = { answer: { outcome: 'failed' }, silent: false };
    expect(await look('198.51.100.7', { [arpa]: { end: 'failed' } })).toEqual(failed);
    await server?.close();
    const later = { [arpa]: { ptr: ['mx.mailer.example'] }, 'mx.mailer.example': { end: 'failed' } } as const;
    expect(await look('198.51.100.7', later)).toEqual(failed);
  });

  test('stays open when nobody answers', async () => {
    expect(await look('198.51.100.7', null)).toEqual({ answer: { outcome: 'failed' }, silent: true });
  });

  test('is not asked for when the text is no address', async () => {
    expect(await look('no address', {})).toEqual(none);
    expect(server?.asked).toEqual([]);
  });
});
