import { inSet, parseSet } from './sequence-set.js';
import type { Numbered } from './session.js';
import { textOf, type Value } from './syntax.js';

export type Criterion = (one: Numbered) => boolean;

const flagKeys: Readonly<Record<string, string>> = {
  ANSWERED: '\\Answered',
  DELETED: '\\Deleted',
  DRAFT: '\\Draft',
  FLAGGED: '\\Flagged',
  SEEN: '\\Seen',
};

/** What the search keys mean for `view`, all together (RFC 3501 section 6.4.4); null when one is not known. */
export function parseSearch(keys: readonly Value[], view: readonly Numbered[]): Criterion | null {
  const left = charsetLeftOut(keys);
  const criteria: Criterion[] = [];
  while (left.length > 0) {
    const criterion = parseKey(left, view, 0);
    if (!criterion) return null;
    criteria.push(criterion);
  }
  return criteria.length === 0 ? null : (one) => criteria.every((criterion) => criterion(one));
}

function charsetLeftOut(keys: readonly Value[]): Value[] {
  return textOf(keys[0])?.toUpperCase() === 'CHARSET' ? keys.slice(2) : [...keys];
}

const deepest = 20;

/** Takes one key with its arguments from the front of `left`. */
function parseKey(left: Value[], view: readonly Numbered[], depth: number): Criterion | null {
  const key = left.shift();
  if (!key || depth > deepest) return null;
  if (key.type === 'list') return parseSearch(key.items, view);
  const word = key.text.toUpperCase();
  if (word === 'NOT') return negated(parseKey(left, view, depth + 1));
  if (word === 'OR') return either(parseKey(left, view, depth + 1), parseKey(left, view, depth + 1));
  return constantKey(word) ?? flagKey(word) ?? argumentKey(word, left, view) ?? setKey(word, view, false);
}

function negated(criterion: Criterion | null): Criterion | null {
  return criterion && ((one) => !criterion(one));
}

function either(first: Criterion | null, second: Criterion | null): Criterion | null {
  return first && second && ((one) => first(one) || second(one));
}

/** Nothing is ever recent here. */
function constantKey(word: string): Criterion | null {
  if (word === 'ALL' || word === 'OLD') return () => true;
  return word === 'NEW' || word === 'RECENT' ? () => false : null;
}

function flagKey(word: string): Criterion | null {
  const wanted = flagKeys[word];
  if (wanted) return ({ message }) => message.flags.has(wanted);
  const unwanted = word.startsWith('UN') ? flagKeys[word.slice(2)] : undefined;
  return unwanted ? ({ message }) => !message.flags.has(unwanted) : null;
}

function argumentKey(word: string, left: Value[], view: readonly Numbered[]): Criterion | null {
  const make = argumentKeys[word];
  return make ? make(textOf(left.shift()) ?? '', view) : null;
}

const argumentKeys: Readonly<Record<string, (text: string, view: readonly Numbered[]) => Criterion | null>> = {
  UID: (text, view) => setKey(text, view, true),
  KEYWORD: (text) => (one) => one.message.flags.has(text),
  UNKEYWORD: (text) => (one) => !one.message.flags.has(text),
  LARGER: (text) => (one) => one.message.raw.length > Number(text),
  SMALLER: (text) => (one) => one.message.raw.length < Number(text),
  BEFORE: (text) => dayKey(text, (received, day) => received < day),
  ON: (text) => dayKey(text, (received, day) => received === day),
  SINCE: (text) => dayKey(text, (received, day) => received >= day),
};

function setKey(text: string, view: readonly Numbered[], byUid: boolean): Criterion | null {
  const last = view.at(-1);
  const largest = last ? (byUid ? last.message.uid : last.number) : 0;
  const set = parseSet(text, largest);
  return set && (({ number, message }) => inSet(set, byUid ? message.uid : number));
}

const secondsPerDay = 86_400;

function dayKey(text: string, holds: (received: number, day: number) => boolean): Criterion | null {
  if (!/^\d{1,2}-[a-z]{3}-\d{4}$/i.test(text)) return null;
  const day = Date.parse(`${text.replaceAll('-', ' ')} UTC`) / 1000 / secondsPerDay;
  if (!Number.isInteger(day)) return null;
  return ({ message }) => holds(Math.floor(message.receivedAt / secondsPerDay), day);
}
