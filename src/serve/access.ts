import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { utcDay } from '../base/clock.js';
import { tokenDigest } from '../base/digest.js';
import type { Config } from '../config/config.js';
import { tokenScopes } from '../model/token.js';
import type { ApiToken, TokenScope } from '../model/token.js';
import type { ServeContext } from './endpoint.js';
import { isLocal, refuseForeignName } from './local.js';
import { clientOf, secondsLeft } from './rate.js';
import { Refusal } from './refusal.js';
import { scopeOf } from './scope.js';
import { WrongTokens } from './wrong-tokens.js';
import type { WrongTokenLimits } from './wrong-tokens.js';

/** Pages, which links lead to. */
const pages = /^\/($|alerts\/|api\/docs($|\/))/;

/** A token of the configuration, or a stored one. */
type Known = Pick<ApiToken, 'digest' | 'scopes'> & Partial<ApiToken>;

/** Whether a request may read; never rejects. */
export type MayRead = (request: FastifyRequest) => Promise<boolean>;

/** Lets a request through when it shows a token with the scope of its path, or when reading is open to all. */
export function guard(app: FastifyInstance, context: ServeContext, limits: WrongTokenLimits): MayRead {
  const gate = new Gate(context, limits);
  const local = (request: FastifyRequest) => isLocal(request, context.config);
  app.addHook('onRequest', async (request) => {
    const scope = scopeOf(request);
    if (scope === 'open' || (pathOf(request) === '/metrics' && local(request))) return;
    await gate.admit(request, scope);
  });
  return async (request) =>
    local(request) ||
    gate.admit(request, 'read').then(
      () => true,
      () => false,
    );
}

class Gate {
  readonly #context: ServeContext;
  readonly #configured: readonly Known[];
  readonly #wrong: WrongTokens;
  readonly #use: (token: Known) => void;
  /** The minute of the last line in the log. */
  #toldAt = -1;

  constructor(context: ServeContext, limits: WrongTokenLimits) {
    this.#context = context;
    this.#configured = configuredTokens(context.config);
    this.#wrong = new WrongTokens(limits);
    this.#use = rememberUse(context);
  }

  /** Rejects with the Refusal. */
  async admit(request: FastifyRequest, scope: TokenScope): Promise<void> {
    const shown = shownToken(request, scope);
    const known = await this.#knownTo(shown, scope);
    if (known === 'open') return refuseForeignName(request, this.#context.config);
    const now = this.#context.clock.now();
    const client = clientOf(request);
    if (shown !== null && this.#wrong.isOver(client, now)) throw tooMany(now);
    const token = shown && known.find(({ digest }) => timingSafeEqual(digest, shown));
    if (shown && !token) this.#noteWrong(request, shown, now);
    if (!token) throw unauthorized(request, { scope, why: shown && 'the token is wrong' });
    const ended = endOf(token, now);
    if (ended !== null) throw unauthorized(request, { scope, why: ended });
    if (!token.scopes.includes(scope)) throw lacking(token, scope);
    this.#use(token);
  }

  #noteWrong(request: FastifyRequest, shown: Buffer, now: number): void {
    const client = clientOf(request);
    const minute = Math.floor(now / 60_000);
    if (!this.#wrong.add(client, shown, now) || minute === this.#toldAt) return;
    // One line a minute, however many guess.
    this.#toldAt = minute;
    request.log.warn(
      { client },
      'a client showed too many wrong tokens; it is not listened to until the minute is over',
    );
  }

  /** The tokens to compare with; `open` when reading needs none. Rejects with the Refusal when nobody could have one. */
  async #knownTo(shown: Buffer | null, scope: TokenScope): Promise<readonly Known[] | 'open'> {
    const able = this.#configured.filter(({ scopes }) => scopes.includes(scope));
    // The token of the configuration is good also while the store cannot be read.
    if (shown && able.some(({ digest }) => timingSafeEqual(digest, shown))) return able;
    const stored = await this.#context.reader.apiTokens();
    if (able.length > 0 || stored.length > 0) return [...this.#configured, ...stored];
    if (scope === 'read') return 'open';
    throw new Refusal(403, 'forbidden', nobodyMay[scope]);
  }
}

function configuredTokens({ api_token: api, push_token: push }: Config): readonly Known[] {
  return [
    ...(api === null ? [] : [{ digest: tokenDigest(api), scopes: tokenScopes }]),
    ...(push === null ? [] : [{ digest: tokenDigest(push), scopes: ['push'] as const }]),
  ];
}

const nobodyMay = {
  push: 'nobody may post mails until push_token (RUAWATCH_PUSH_TOKEN) is set or `ruawatch token add` made a token with the scope push',
  admin:
    'nothing may be changed over HTTP until api_token (RUAWATCH_API_TOKEN) is set or `ruawatch token add` made a token with the scope admin',
} as const;

/** Why a stored token is good no more; null while it is. `now` in milliseconds. */
function endOf({ revoked_at: revoked, expires_at: expires }: Known, now: number): string | null {
  if (typeof revoked === 'number') return 'the token is revoked';
  return typeof expires === 'number' && expires * 1000 <= now ? 'the token has expired' : null;
}

/** Each stored token is written down once a day; when that fails, again at its next use. */
function rememberUse({ clock, tokenUsed }: ServeContext): (token: Known) => void {
  const written = new Map<string, number>();
  return ({ name, last_used_day: last }) => {
    const day = utcDay(Math.floor(clock.now() / 1000));
    if (name === undefined || last === day || written.get(name) === day) return;
    written.set(name, day);
    // The thread that writes tells of a store that cannot be written.
    tokenUsed(name, day).catch(() => written.delete(name));
  };
}

/**
 * SHA-256 of what the request shows: digests have one length, so comparing them tells nothing about a token. A browser's password
 * is good for reading only: a page elsewhere could make the browser send it with a change.
 */
function shownToken({ headers }: FastifyRequest, scope: TokenScope): Buffer | null {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+) *$/.exec(headers.authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return tokenDigest(value);
  if (scheme.toLowerCase() !== 'basic' || scope !== 'read') return null;
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : tokenDigest(text.slice(colon + 1));
}

const basic = 'Basic realm="ruawatch", charset="UTF-8"';
const bearer = 'Bearer realm="ruawatch"';

/** RFC 6750 section 3: a request without a token is told no error, one with a wrong token is told `invalid_token`. */
function unauthorized(
  request: FastifyRequest,
  { scope, why }: { readonly scope: TokenScope; readonly why: string | null },
): Refusal {
  const browser = scope === 'read' && (pages.test(pathOf(request)) || wantsPage(request));
  const challenge = why === null ? bearer : `${bearer}, error="invalid_token"`;
  const how = `give a token with the scope ${scope}, or ${configuredFor(scope)}, as Authorization: Bearer TOKEN`;
  const or = browser ? ', or as the password' : '';
  return new Refusal(401, 'unauthorized', `${why === null ? '' : `${why}; `}${how}${or}`).withHeaders({
    // Asked with Basic, a browser shows its dialogue; programs are told what they should send.
    'www-authenticate': browser ? [basic, challenge] : challenge,
  });
}

function configuredFor(scope: TokenScope): string {
  return scope === 'push' ? 'the push_token' : 'the api_token';
}

function lacking({ scopes }: Known, scope: TokenScope): Refusal {
  return new Refusal(
    403,
    'forbidden',
    `this needs a token with the scope ${scope}; yours has ${scopes.join(', ')}`,
  ).withHeaders({ 'www-authenticate': `${bearer}, error="insufficient_scope", scope="${scope}"` });
}

function tooMany(now: number): Refusal {
  return new Refusal(429, 'too_many', 'too many wrong tokens in a minute; wait, then go on').withHeaders({
    'retry-after': String(secondsLeft(now)),
  });
}

/** Whether a person asks: browsers want HTML when somebody follows a link. */
export function wantsPage({ headers }: FastifyRequest): boolean {
  return headers.accept?.toLowerCase().includes('text/html') ?? false;
}

/** The path that the router matched, else the one asked for. */
function pathOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? request.url.split('?', 1)[0] ?? '';
}
