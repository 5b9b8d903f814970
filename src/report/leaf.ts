import { standsAt, type Name } from './names.js';
import { isSpace } from './tag.js';

const slash = 47;
const lessThan = 60;
const greaterThan = 62;

const pass = Buffer.from('pass');
const fail = Buffer.from('fail');
const none = Buffer.from('none');

/** Whether exactly `</name>` stands at `at`. */
export function closesAt(bytes: Buffer, at: number, name: Name): boolean {
  return (
    bytes[at] === lessThan &&
    bytes[at + 1] === slash &&
    bytes[at + 2 + name.bytes.length] === greaterThan &&
    standsAt(name.bytes, bytes, at + 2)
  );
}

/** The trimmed text from `start` to `end` of ASCII without references. The three words that reports are full of are not made anew. */
export function plainText(latin1: string, bytes: Buffer, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isSpace(bytes[from] ?? 0)) from++;
  while (to > from && isSpace(bytes[to - 1] ?? 0)) to--;
  if (to - from === 4) {
    if (standsAt(pass, bytes, from)) return 'pass';
    if (standsAt(fail, bytes, from)) return 'fail';
    if (standsAt(none, bytes, from)) return 'none';
  }
  return latin1.slice(from, to);
}
