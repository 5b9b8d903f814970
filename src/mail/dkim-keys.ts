import { Resolver } from 'node:dns/promises';
import type { Clock } from '../base/clock.js';
import { codeOf } from '../base/failure.js';
import type { Limits } from '../config/limits.js';
import { Silence } from './dkim-silence.js';

/** Where TXT records come from: the machine's name servers, or a zone in a test. Each record is joined to one text. */
export interface TxtResolver {
  /** Rejects with the codes of node:dns: ENOTFOUND, ENODATA, ESERVFAIL, ETIMEOUT … */
  txt(name: string): Promise<readonly string[]>;
}

/** A key record, or in words why there is none. */
export type KeyAnswer =
  { readonly record: string; readonly reason: '' } | { readonly record: null; readonly reason: string };

const lookupTimeoutMs = 2_000;

/** Name servers as `address` or `address:port`; none: those of the machine. */
export function openResolver(servers: readonly string[]): TxtResolver {
  const resolver = new Resolver({ timeout: lookupTimeoutMs, tries: 1 });
  if (servers.length > 0) resolver.setServers(servers);
  return { txt: async (name) => (await resolver.resolveTxt(name)).map((pieces) => pieces.join('')) };
}

/** A key is asked for once an hour at most; that there is none may be mended sooner. */
const keptMs = { found: 3_600_000, missing: 300_000, failed: 60_000 };
const gone: ReadonlySet<string> = new Set(['ETIMEOUT', 'ECONNREFUSED', 'ECANCELLED']);
const missing: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'ENODOMAIN']);

interface Kept {
  readonly answer: Promise<KeyAnswer>;
  until: number;
}

/** Looks up keys: each once for all mails that are signed with it, in bounded time and memory. Never rejects. */
export class DkimKeys {
  readonly #resolver: TxtResolver;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #kept = new Map<string, Kept>();
  readonly #silence: Silence;

  constructor(resolver: TxtResolver, clock: Clock, limits: Limits) {
    this.#resolver = resolver;
    this.#clock = clock;
    this.#limits = limits;
    this.#silence = new Silence(clock, limits.dkimKeys);
  }

  /** `organisation`: whose name it is. */
  find(name: string, organisation: string): Promise<KeyAnswer> {
    const now = this.#clock.now();
    const known = this.#kept.get(name);
    if (known && known.until > now) return known.answer;
    if (this.#silence.isSilent(organisation))
      return Promise.resolve({ record: null, reason: 'the name servers do not answer' });
    const kept: Kept = {
      answer: this.#ask(name, organisation, (forMs) => (kept.until = this.#clock.now() + forMs)),
      until: Infinity,
    };
    this.#keep(name, kept);
    return kept.answer;
  }

  #keep(name: string, kept: Kept): void {
    this.#kept.delete(name);
    const oldest = this.#kept.size >= this.#limits.dkimKeys ? this.#kept.keys().next().value : undefined;
    if (oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(name, kept);
  }

  async #ask(name: string, organisation: string, keepFor: (ms: number) => void): Promise<KeyAnswer> {
    try {
      const records = await this.#resolver.txt(name);
      this.#silence.answered(organisation);
      const answer = keyAmong(records, this.#limits.dkimKeyChars);
      keepFor(answer.record === null ? keptMs.missing : keptMs.found);
      return answer;
    } catch (error) {
      const code = codeOf(error);
      if (gone.has(code)) this.#silence.gaveNoAnswer(organisation);
      else this.#silence.answered(organisation);
      return this.#failed(code, keepFor);
    }
  }

  #failed(code: string, keepFor: (ms: number) => void): KeyAnswer {
    keepFor(missing.has(code) ? keptMs.missing : keptMs.failed);
    if (missing.has(code)) return { record: null, reason: 'there is no such key' };
    return { record: null, reason: `the key could not be looked up${code === '' ? '' : ` (${code})`}` };
  }
}

/** The one key among the TXT records of a name. Several are undefined (RFC 6376 section 3.6.2.2), and prove nothing. */
function keyAmong(records: readonly string[], maxChars: number): KeyAnswer {
  const keys = records.filter((record) => /(^|;)[ \t]*p[ \t]*=/.test(record.slice(0, maxChars)));
  const [record, ...others] = keys;
  if (record === undefined) return { record: null, reason: 'there is no such key' };
  if (others.length > 0) return { record: null, reason: 'there are several keys' };
  if (record.length > maxChars) return { record: null, reason: 'the key record is too long' };
  return { record, reason: '' };
}
