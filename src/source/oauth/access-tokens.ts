import type { Clock } from '../../base/clock.js';
import type { MailboxConfig } from '../../config/config.js';
import { limits as defaultLimits } from '../../config/limits.js';
import type { Limits } from '../../config/limits.js';
import type { OauthConfig } from '../../config/oauth-settings.js';
import { PollFailure } from '../poll-failure.js';
import { postForm, secondsField, textField } from './endpoint.js';
import type { FormAnswer } from './endpoint.js';
import { oauthFailure, refusalFault } from './fault.js';
import { clientFields, grantFields } from './grant.js';
import { TokenFile } from './token-file.js';
import { secretsOf, withoutSecrets } from './secrets.js';

export interface TokenDeps {
  readonly clock: Clock;
  readonly limits?: Pick<Limits, 'tokenBytes'>;
  /** Bound on one request, in milliseconds. */
  readonly timeoutMs?: number;
}

export const tokenRequestMs = 15_000;
/** A token is replaced so long before it ends, or at four fifths of a short life: a login and a poll must fit. */
const aheadMs = 300_000;
/** RFC 6749 section 5.1 lets a server keep the lifetime to itself. A refused token is replaced at once anyway. */
const unknownLifetimeSeconds = 600;
const longestLifetimeSeconds = 86_400;

interface Held {
  readonly token: string;
  readonly freshUntil: number;
  readonly goodUntil: number;
}

export interface AccessToken {
  readonly token: string;
  /** Made for this very call, not out of memory. */
  readonly isNew: boolean;
}

/** The access tokens of one mailbox: kept in memory, replaced ahead of their end. */
export class AccessTokens {
  readonly #mailbox: Pick<MailboxConfig, 'name' | 'user'>;
  readonly #oauth: OauthConfig;
  readonly #clock: Clock;
  readonly #limits: Pick<Limits, 'tokenBytes'>;
  readonly #timeoutMs: number;
  readonly #file: TokenFile;
  #held: Held | null = null;
  #asking: Promise<void> | null = null;

  constructor(mailbox: Pick<MailboxConfig, 'name' | 'user'>, oauth: OauthConfig, deps: TokenDeps) {
    this.#mailbox = mailbox;
    this.#oauth = oauth;
    this.#clock = deps.clock;
    this.#limits = deps.limits ?? defaultLimits;
    this.#timeoutMs = deps.timeoutMs ?? tokenRequestMs;
    this.#file = new TokenFile(oauth.token_file, mailbox.name, this.#limits);
  }

  /** A token that is still good. Rejects with a PollFailure that says what to do. Calls at the same time share one request and its signal. */
  async get(signal: AbortSignal): Promise<AccessToken> {
    const held = this.#held;
    const now = this.#clock.now();
    if (held !== null && now < held.freshUntil) return { token: held.token, isNew: false };
    this.#asking ??= this.#replace(signal).finally(() => (this.#asking = null));
    try {
      await this.#asking;
    } catch (error) {
      // Replaced ahead of its end, so that the provider may be gone for some minutes.
      if (held !== null && this.#held === held && now < held.goodUntil) return { token: held.token, isNew: false };
      throw error;
    }
    const made = this.#held;
    if (made === null) throw this.#noToken();
    return { token: made.token, isNew: true };
  }

  /** The mail server refused this token: it is not given out again. */
  refused(token: string): void {
    if (this.#held?.token === token) this.#held = null;
  }

  async #replace(signal: AbortSignal): Promise<void> {
    if (this.#oauth.grant !== 'refresh_token') return this.#ask('', signal);
    const used = await this.#file.read();
    try {
      await this.#ask(used, signal);
    } catch (error) {
      if (!(error instanceof PollFailure) || error.reason !== 'auth') throw error;
      // Another process of ours may have used it up and saved its successor.
      const current = await this.#file.read();
      if (current === used) throw error;
      await this.#ask(current, signal);
    }
  }

  async #ask(refreshToken: string, signal: AbortSignal): Promise<void> {
    const asker = {
      mailbox: this.#mailbox.name,
      user: this.#mailbox.user,
      oauth: this.#oauth,
      now: Math.floor(this.#clock.now() / 1000),
    };
    const fields = { ...(await grantFields(asker, refreshToken)), ...(await clientFields(asker)) };
    const answer = await this.#post(fields, signal);
    this.#held = this.#heldFrom(answer);
    const rotated = textField(answer, 'refresh_token');
    if (refreshToken !== '' && rotated !== '' && rotated !== refreshToken) await this.#file.save(rotated, refreshToken);
  }

  async #post(fields: Readonly<Record<string, string>>, signal: AbortSignal): Promise<FormAnswer> {
    const { name: mailbox } = this.#mailbox;
    const { token_url: url } = this.#oauth;
    const answer = await postForm({ url, fields, mailbox, limits: this.#limits, signal, timeoutMs: this.#timeoutMs });
    if (answer.status < 400) return answer;
    throw refusedBy(answer, fields, this.#oauth, mailbox);
  }

  #heldFrom(answer: FormAnswer): Held {
    const token = textField(answer, 'access_token');
    if (!/^[\x21-\x7e]+$/.test(token)) throw this.#noToken();
    const seconds = Math.min(secondsField(answer, 'expires_in') ?? unknownLifetimeSeconds, longestLifetimeSeconds);
    const now = this.#clock.now();
    const goodUntil = now + seconds * 1000;
    return { token, goodUntil, freshUntil: goodUntil - Math.min(aheadMs, (seconds * 1000) / 5) };
  }

  #noToken(): PollFailure {
    const { host } = new URL(this.#oauth.token_url);
    const what = `${host} answered without an access token`;
    return oauthFailure(this.#mailbox.name, {
      reason: 'protocol',
      what,
      hint: 'check token_url in oauth of the mailbox',
    });
  }
}

/** A refusal (status 400 and above) as a PollFailure, without anything of what was sent. */
export function refusedBy(
  answer: FormAnswer,
  sent: Readonly<Record<string, string>>,
  oauth: OauthConfig,
  mailbox: string,
): PollFailure {
  const secrets = [...secretsOf(sent), oauth.client_secret ?? ''];
  const refusal = {
    status: answer.status,
    error: withoutSecrets(textField(answer, 'error'), secrets),
    description: withoutSecrets(textField(answer, 'error_description'), secrets),
  };
  return oauthFailure(mailbox, refusalFault(refusal, oauth, mailbox));
}
