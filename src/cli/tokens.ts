import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { daySeconds, systemClock } from '../base/clock.js';
import { tokenDigest } from '../base/digest.js';
import { Failure } from '../base/failure.js';
import { plainText } from '../base/text.js';
import { limits } from '../config/limits.js';
import { tokenScopes } from '../model/token.js';
import type { ApiToken, TokenScope } from '../model/token.js';
import { addTokenIn, lockStore, openStoreReader, revokeTokenIn, StoreWriter } from '../store/store.js';
import type { CommandContext } from './context.js';

export interface AddOptions {
  readonly scope: readonly string[];
  readonly expires?: string;
  /** Makes the database when there is none. */
  readonly create?: boolean;
}

/** Scanners of code for secrets know our tokens by it. */
const prefix = 'ruawatch_';
const randomSize = 32;

/** `ruawatch token add NAME`: the token alone to standard output, once. Writes beside a running service. Throws a Failure that says what is wrong with a word. */
export async function addToken(
  db: string,
  name: string,
  options: AddOptions,
  { out, err }: CommandContext,
): Promise<number> {
  const now = nowSeconds();
  const token = prefix + randomBytes(randomSize).toString('hex');
  const added = {
    name: nameOf(name),
    digest: tokenDigest(token),
    scopes: scopesOf(options.scope),
    made_at: now,
    expires_at: options.expires === undefined ? null : now + daysOf(options.expires) * daySeconds,
  };
  if (options.create && !existsSync(db)) await makeStore(db);
  const result = addTokenIn(db, added);
  if (result === 'taken' || result === 'full') throw new Failure(...refusals[result]);
  out.write(`${token}\n`);
  err.write('Keep it: it is not shown again. The running service takes it at once.\n');
  if (result === 'first') err.write('From now on reading over HTTP needs a token, also where no api_token is set.\n');
  return 0;
}

async function makeStore(db: string): Promise<void> {
  const lock = lockStore(db, 'ruawatch token add');
  try {
    await new StoreWriter(db).close();
  } finally {
    lock.release();
  }
}

const refusals: Readonly<Record<'taken' | 'full', ConstructorParameters<typeof Failure>>> = {
  taken: [
    'there is a token of this name',
    { hint: 'choose another name, or revoke it first: `ruawatch token revoke`' },
  ],
  full: [
    `there are ${limits.apiTokens} tokens, and no more may be kept`,
    { hint: 'take some from the list with `ruawatch token revoke NAME --forget`' },
  ],
};

function nameOf(name: string): string {
  if (/^[\w.@-]+$/.test(name) && name.length <= limits.apiTokenNameChars) return name;
  throw new Failure(`"${plainText(name, 80)}" is no name of a token`, {
    hint: `write at most ${limits.apiTokenNameChars} letters, digits and any of . _ @ -`,
    exitCode: 2,
  });
}

function scopesOf(words: readonly string[]): readonly TokenScope[] {
  const wrong = words.find((word) => !tokenScopes.some((scope) => scope === word));
  if (wrong === undefined) return tokenScopes.filter((scope) => words.includes(scope));
  throw new Failure(`--scope: "${plainText(wrong, 40)}" is no scope`, {
    hint: `say ${tokenScopes.join(', ')}; several with --scope each`,
    exitCode: 2,
  });
}

function daysOf(text: string): number {
  const days = Number(/^(\d{1,6})d$/.exec(text)?.[1] ?? NaN);
  if (days >= 1 && days <= limits.apiTokenDays) return days;
  throw new Failure(`--expires: "${plainText(text, 40)}" is no number of days`, {
    hint: `write 1d to ${limits.apiTokenDays}d, such as 90d`,
    exitCode: 2,
  });
}

/** `ruawatch token list`. Resolves with the exit code. */
export async function listTokens(
  db: string,
  { json = false }: { readonly json?: boolean },
  { out }: CommandContext,
): Promise<number> {
  const reader = openStoreReader(db);
  try {
    for (const token of await reader.apiTokens()) {
      out.write(json ? `${JSON.stringify(asJson(token))}\n` : asLine(token));
    }
  } finally {
    reader.close();
  }
  return 0;
}

function asJson({ name, scopes, made_at, last_used_day, expires_at, revoked_at }: ApiToken) {
  return {
    name,
    scopes,
    made_at: isoTime(made_at),
    last_used_day: last_used_day === null ? null : isoDay(last_used_day),
    expires_at: expires_at === null ? null : isoTime(expires_at),
    revoked_at: revoked_at === null ? null : isoTime(revoked_at),
  };
}

function asLine(token: ApiToken): string {
  const { name, scopes, made_at: made, last_used_day: used } = token;
  const use = used === null ? 'never used' : `last used ${isoDay(used)}`;
  return `${name}  ${scopes.join(', ')}  made ${isoDay(made)}  ${use}  ${endOf(token)}\n`;
}

function endOf({ expires_at: expires, revoked_at: revoked }: ApiToken): string {
  if (revoked !== null) return `revoked ${isoTime(revoked)}`;
  if (expires === null) return 'does not expire';
  return `${expires <= nowSeconds() ? 'expired' : 'expires'} ${isoTime(expires)}`;
}

/** `ruawatch token revoke NAME`: writes beside a running service. Throws a Failure when there is nothing to revoke. */
export function revokeToken(
  db: string,
  name: string,
  { forget = false }: { readonly forget?: boolean },
  { out }: CommandContext,
): number {
  const shown = plainText(name, 80);
  const result = revokeTokenIn(db, { name, forget, now: nowSeconds() });
  if (result === 'gone') throw new Failure(`there is no token ${shown}`, { hint: 'see `ruawatch token list`' });
  if (result === 'over') {
    throw new Failure(`the token ${shown} is revoked already`, { hint: '--forget takes it from the list as well' });
  }
  out.write(`${shown} is ${result === 'revoked' ? 'revoked' : 'forgotten'}; it is refused from now on\n`);
  if (result === 'last') out.write('No token is stored now: where no api_token is set, reading over HTTP is open\n');
  return 0;
}

function nowSeconds(): number {
  return Math.floor(systemClock.now() / 1000);
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

function isoDay(seconds: number): string {
  return isoTime(seconds).slice(0, 10);
}
