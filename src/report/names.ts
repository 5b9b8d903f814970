import { standAt, wordsOf, type Words } from './words.js';

/** An element name without its prefix. `id` is 0 for a name that no report schema has. */
export interface Name {
  readonly id: number;
  readonly text: string;
  readonly words: Words;
}

const known: readonly string[] = [
  ...['feedback', 'version', 'report_metadata', 'org_name', 'email', 'extra_contact_info', 'report_id'],
  ...['date_range', 'begin', 'end', 'error', 'generator', 'extension'],
  ...['policy_published', 'domain', 'adkim', 'aspf', 'p', 'sp', 'np', 'pct', 'fo', 'testing', 't', 'discovery_method'],
  ...['record', 'row', 'source_ip', 'count', 'policy_evaluated', 'disposition', 'dkim', 'spf'],
  ...['reason', 'type', 'comment', 'identifiers', 'identities', 'header_from', 'envelope_from', 'envelope_to'],
  ...['auth_results', 'selector', 'result', 'human_result', 'scope'],
];

const byText = new Map<string, Name>();
/** So many, and the slot so chosen, that no two names share one; `knownName` refuses a name whose slot is taken. */
const slots = 1024;
const bySlot = new Array<Name | undefined>(slots).fill(undefined);
for (const [index, text] of known.entries()) {
  const name = { id: index + 1, text, words: wordsOf(Buffer.from(text)) };
  byText.set(text, name);
  bySlot[slotOf(hashOf(text))] = name;
}

/** One more than the largest id. */
export const nameCount = known.length + 1;

/** The name of one of the elements that reports have. Throws for any other: a mistake in our tables. */
export function knownName(text: string): Name {
  const name = byText.get(text);
  if (name === undefined || bySlot[slotOf(hashOf(text))] !== name) throw new Error(`no name for element ${text}`);
  return name;
}

/** Known or not, by its text. */
export function nameOf(text: string): Name {
  return byText.get(text) ?? unknownName(text);
}

const noWords = wordsOf(Buffer.alloc(0));

function unknownName(text: string): Name {
  return { id: 0, text, words: noWords };
}

/** How a document writes the plain tags of the known names. */
export interface TagForms {
  /** What stands between the `<` and the name: nothing, or a prefix and its colon. */
  readonly prefix: Words;
  /** By the id of the name: `</name>`; for unknown names there is none. */
  readonly ends: readonly (Words | undefined)[];
}

export function tagForms(prefix: string): TagForms {
  const words = (tag: string) => wordsOf(Buffer.from(tag, 'latin1'));
  return { prefix: words(prefix), ends: [undefined, ...known.map((text) => words(`</${prefix}${text}>`))] };
}

export const withoutPrefix = tagForms('');

function hashStep(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

function hashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = hashStep(hash, text.charCodeAt(i));
  return hash;
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 8)) & (slots - 1);
}

const greaterThan = 62;

/** The known name that stands at `at`, with all the letters that follow. Letters and `_` are above `>`, what may follow a name is below. */
export function findName(bytes: Buffer, view: DataView, at: number): Name | undefined {
  let end = at;
  let hash = 0;
  let byte = bytes[end] ?? 0;
  while (byte > greaterThan) {
    hash = hashStep(hash, byte);
    byte = bytes[++end] ?? 0;
  }
  const name = bySlot[slotOf(hash)];
  return name?.words.length === end - at && standAt(name.words, view, at) ? name : undefined;
}

/** The name, known or not, from `start` to `end`. */
export function nameAt(bytes: Buffer, view: DataView, start: number, end: number): Name {
  const name = findName(bytes, view, start);
  return name?.words.length === end - start ? name : unknownName(bytes.toString('utf8', start, end));
}
