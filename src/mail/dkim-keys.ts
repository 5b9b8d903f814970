import type { Clock } from '../base/clock.js';
import { codeOf } from '../base/failure.js';
import { harmlessName, noAnswer, noRecord } from '../base/name-servers.js';
import type { NameServers } from '../base/name-servers.js';
import type { Limits } from '../config/limits.js';
import { Silence } from './dkim-silence.js';

/** Where TXT records come from. */
export type TxtResolver = Pick<NameServers, 'txt'>;

/** A key record, or in words why there is none. */
export type KeyAnswer =
  { readonly record: string; readonly reason: '' } | { readonly record: null; readonly reason: string };

/** A key is asked for once an hour at most; that there is none may be mended sooner. */
const keptMs = { found: 3_600_000, missing: 300_000, failed: 60_000 };

interface Kept {
  readonly answer: Promise<KeyAnswer>;
  until: number;
}

export interface KeyOptions {
  readonly resolver: TxtResolver;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Whether the first key is asked for only when a name server has answered. */
  readonly cautious: boolean;
  /** Told when no name server answers, and when one does again. */
  onAnswering(answering: boolean): void;
}

/** Looks up keys: each once for all mails that are signed with it, in bounded time and memory. Never rejects. */
export class DkimKeys {
  readonly #options: KeyOptions;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #kept = new Map<string, Kept>();
  readonly #silence: Silence;
  #askAgainAt = 0;
  /** Whether no key is asked for until a name server has answered. */
  #doubted: boolean;
  #told = true;
  #probe: Promise<boolean> | null = null;

  constructor(options: KeyOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#silence = new Silence(options.clock, options.limits.dkimKeys);
    this.#doubted = options.cautious;
  }

  /** `organisation`: whose name it is. */
  find(name: string, organisation: string): Promise<KeyAnswer> {
    const known = this.#kept.get(name);
    if (known && known.until > this.#clock.now()) return known.answer;
    if (this.#doubted) return this.#findWhenAnswering(name, organisation);
    if (this.#silence.isSilent(organisation))
      return Promise.resolve({ record: null, reason: 'the name servers do not answer' });
    const kept: Kept = {
      answer: this.#ask(name, organisation, (forMs) => (kept.until = this.#clock.now() + forMs)),
      until: Infinity,
    };
    this.#keep(name, kept);
    return kept.answer;
  }

  /** Whether a name server answers. One question at most while there is a doubt, and none for a minute after silence. */
  answering(): Promise<boolean> {
    if (!this.#doubted) return Promise.resolve(true);
    if (this.#askAgainAt > this.#clock.now()) return Promise.resolve(false);
    this.#probe ??= this.#answers().finally(() => (this.#probe = null));
    return this.#probe;
  }

  async #findWhenAnswering(name: string, organisation: string): Promise<KeyAnswer> {
    if (await this.answering()) return this.find(name, organisation);
    return { record: null, reason: 'no name server answers' };
  }

  /** A server that can only say that it knows nothing (SERVFAIL, REFUSED) is as good as none. */
  async #answers(): Promise<boolean> {
    try {
      await this.#options.resolver.txt(harmlessName);
    } catch (error) {
      if (!noRecord.has(codeOf(error))) {
        this.#doubt();
        return false;
      }
    }
    this.#doubted = false;
    this.#tell(true);
    return true;
  }

  #doubt(): void {
    this.#doubted = true;
    this.#askAgainAt = this.#clock.now() + keptMs.failed;
    this.#tell(false);
  }

  #tell(answering: boolean): void {
    if (this.#told !== answering) this.#options.onAnswering(answering);
    this.#told = answering;
  }

  #keep(name: string, kept: Kept): void {
    this.#kept.delete(name);
    const oldest = this.#kept.size >= this.#limits.dkimKeys ? this.#kept.keys().next().value : undefined;
    if (oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(name, kept);
  }

  async #ask(name: string, organisation: string, keepFor: (ms: number) => void): Promise<KeyAnswer> {
    try {
      const records = await this.#options.resolver.txt(name);
      this.#silence.answered(organisation);
      const answer = keyAmong(records, this.#limits.dkimKeyChars);
      keepFor(answer.record === null ? keptMs.missing : keptMs.found);
      return answer;
    } catch (error) {
      const code = codeOf(error);
      if (!noAnswer.has(code)) this.#silence.answered(organisation);
      // Whether it is all their servers or ours, one question to somebody else tells.
      else if (this.#silence.gaveNoAnswer(organisation)) this.#doubted = true;
      return this.#failed(code, keepFor);
    }
  }

  #failed(code: string, keepFor: (ms: number) => void): KeyAnswer {
    keepFor(noRecord.has(code) ? keptMs.missing : keptMs.failed);
    if (noRecord.has(code)) return { record: null, reason: 'there is no such key' };
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
