import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { forgeZip, gz, see, xml } from './forge.js';
import type { Seen } from './forge.js';

const second = '<feedback>second</feedback>\n';

const isGood = (seen: Seen): boolean => seen.end === 'complete';

/** Everything came, or something says that it did not; and nothing that claims to be whole is not. */
function isHonest(came: readonly Seen[], whole: readonly string[]): boolean {
  const good = came.filter(isGood).map(({ text }) => text ?? '');
  if (!good.every((text) => whole.includes(text))) return false;
  return came.some((seen) => !isGood(seen)) || whole.every((text) => good.includes(text));
}

/** Bytes before which nobody can tell what a file is, by the last part of its name; 4 for the others. */
const markBytes: Readonly<Record<string, number>> = {
  tar: 262,
  deflate: 60,
  msg: 1100,
};
const base64MarkBytes = 24;

const folder = join(import.meta.dirname, '../../fixtures/containers');

/** Neither has a frame that could show a cut; a bomb is too slow to cut 65,000 times; a program hides its zip until the end. */
const unframed = /^(?:xml|base64-of-xml|gzip-bomb|zip-behind-program|.*\.json$|report\.xml|second\.xml)/;
const names = readdirSync(folder).filter((name) => !unframed.test(name));

describe('cut after every byte', () => {
  test.each(names)('%s gives all that it had, or says that something is missing', async (name) => {
    const bytes = readFileSync(join(folder, name));
    const whole = (await see(bytes)).filter(isGood).map(({ text }) => text ?? '');
    const least = name.startsWith('base64') ? base64MarkBytes : (markBytes[name.slice(name.lastIndexOf('.') + 1)] ?? 4);
    const dishonest: number[] = [];
    for (let length = least; length < bytes.length; length += 1) {
      if (!isHonest(await see(bytes.subarray(0, length)), whole)) dishonest.push(length);
    }
    // gzip knows no count of members: a cut between two leaves a gzip that is whole
    const boundary = name === 'gzip-members.xml.gz' || name === 'gzip-second-member-cut.xml.gz' ? 1 : 0;
    expect(dishonest.length, `dishonest at ${dishonest.slice(0, 10).join()}`).toBeLessThanOrEqual(boundary);
  });
});

describe('with any one bit turned', () => {
  const two = [{ name: 'a.xml' }, { name: 'b.xml', text: second }];
  const small: readonly (readonly [string, Buffer, readonly string[]])[] = [
    ['gzip', gz(xml), [xml]],
    ['gzip members', Buffer.concat([gz(xml.slice(0, 30)), gz(xml.slice(30))]), [xml]],
    ['gzip in gzip', gz(gz(xml)), [xml]],
    ['zlib', deflateSync(xml), [xml]],
    ['stored gzip', gzipSync(xml, { level: 0 }), [xml]],
    ['zip', forgeZip([{}]), [xml]],
    ['zip of two', forgeZip(two), [xml, second]],
    ['zip with descriptors', forgeZip(two.map((member) => ({ ...member, descriptor: true }))), [xml, second]],
    ['stored zip', forgeZip([{ method: 0 }]), [xml]],
    ['zip64', forgeZip([{ zip64: true }], { zip64: true }), [xml]],
    ['gzip in zip', forgeZip([{ data: gz(xml), method: 0 }]), [xml]],
    ['zip in gzip', gz(forgeZip([{}])), [xml]],
    ['base64 of gzip', Buffer.from(gz(xml).toString('base64')), [xml]],
  ];

  test.each(small)(
    'a %s never gives wrong bytes as whole ones, nor loses any in silence',
    async (name, bytes, whole) => {
      const dishonest: string[] = [];
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const turned = Buffer.from(bytes);
        turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const came = await see(turned);
        const unknown = came.length === 0 && bit >> 3 < (name.startsWith('base64') ? base64MarkBytes : 4);
        if (!unknown && !isHonest(came, whole)) dishonest.push(`${bit >> 3}.${bit & 7}`);
      }
      expect(dishonest).toEqual([]);
    },
  );
});
