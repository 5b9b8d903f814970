/** An element name without its prefix. `id` is 0 for a name that no report schema has. */
export interface Name {
  readonly id: number;
  readonly text: string;
  readonly bytes: Buffer;
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
  const name = { id: index + 1, text, bytes: Buffer.from(text, 'latin1') };
  byText.set(text, name);
  bySlot[slotOf(hashOf(name.bytes))] = name;
}

/** One more than the largest id. */
export const nameCount = known.length + 1;

/** The name of one of the elements that reports have. Throws for any other: a mistake in our tables. */
export function knownName(text: string): Name {
  const name = byText.get(text);
  if (name === undefined || bySlot[slotOf(hashOf(name.bytes))] !== name) throw new Error(`no name for element ${text}`);
  return name;
}

/** Known or not, by its text. */
export function nameOf(text: string): Name {
  return byText.get(text) ?? { id: 0, text, bytes: Buffer.from(text, 'latin1') };
}

/** The step of the hash that a tokenizer computes while it walks over a name; starts at 0. */
export function hashStep(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

function hashOf(bytes: Buffer): number {
  let hash = 0;
  for (const byte of bytes) hash = hashStep(hash, byte);
  return hash;
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 8)) & (slots - 1);
}

/** The known name that stands in `bytes` from `start` to `end` and has this hash. */
export function findName(hash: number, bytes: Buffer, start: number, end: number): Name | undefined {
  const name = bySlot[slotOf(hash)];
  return name !== undefined && name.bytes.length === end - start && standsAt(name.bytes, bytes, start)
    ? name
    : undefined;
}

/** Whether `word` stands in `bytes` at `start`. */
export function standsAt(word: Buffer, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < word.length; i++) if (word[i] !== bytes[start + i]) return false;
  return true;
}
