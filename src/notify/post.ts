import type { Clock } from '../base/clock.js';
import { codeOf, messageOf } from '../base/failure.js';
import { plainText } from '../base/text.js';
import { limits } from '../config/limits.js';
import { isStrangeAuthority } from './authority.js';

/** One HTTP request. What stands in `url` is never shown beyond its host. */
export interface Outgoing {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Texts that must not be shown, besides the url. */
  readonly secrets: readonly string[];
}

export type FailureReason =
  'timeout' | 'connect' | 'http_3xx' | 'http_4xx' | 'http_5xx' | 'rate_limited' | 'gone' | 'other';

/** How an attempt ended. */
export type Attempt =
  | {
      readonly kind: 'delivered';
      /** In words: `answered 204`. */
      readonly message: string;
      /** What went wrong all the same; sending again would tell some twice. */
      readonly warning?: string;
    }
  | {
      readonly kind: 'failed';
      readonly reason: FailureReason;
      readonly message: string;
      /** How long the receiver wants to be left alone, or null. */
      readonly retryAfterMs: number | null;
      /** What to do about it, where that is known. */
      readonly hint?: string;
    }
  /** We are stopping: neither delivered nor failed. */
  | { readonly kind: 'aborted' };

export interface AttemptDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

/** Host of an address; the rest of it is often a secret and is never shown. */
export function hostOf(url: string): string {
  return new URL(url).host;
}

/** Posts once. Only 2xx is success; redirects are not followed. */
export async function post(outgoing: Outgoing, deps: AttemptDeps): Promise<Attempt> {
  const timeout = AbortSignal.timeout(deps.timeoutMs ?? limits.deliveryMs);
  const hide = hiding([...outgoing.secrets, outgoing.url]);
  try {
    const { url, authorization } = withoutLogin(outgoing.url);
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'user-agent': 'ruawatch', ...authorization, ...outgoing.headers },
      body: outgoing.body,
      redirect: 'manual',
      signal: AbortSignal.any([deps.signal, timeout]),
    });
    if (response.ok) {
      await response.body?.cancel().catch(() => undefined);
      return { kind: 'delivered', message: `answered ${response.status}` };
    }
    return refused(response, await answerOf(response).catch(() => ''), { hide, nowMs: deps.clock.now() });
  } catch (error) {
    if (deps.signal.aborted) return { kind: 'aborted' };
    if (timeout.aborted) return { kind: 'failed', reason: 'timeout', message: 'no answer in time', retryAfterMs: null };
    const cause = hide(causeOf(error));
    const hint = isStrangeAuthority(cause) ? { hint: strangeHint } : {};
    return { kind: 'failed', reason: 'connect', message: `cannot connect: ${cause}`, retryAfterMs: null, ...hint };
  }
}

const strangeHint =
  'its certificate is from an authority that is not a public one: name the PEM file of that authority in NODE_EXTRA_CA_CERTS';

/** fetch refuses an address with a login in it, and its message would show it. */
function withoutLogin(address: string): { url: string; authorization: Record<string, string> } {
  const url = new URL(address);
  if (url.username === '' && url.password === '') return { url: address, authorization: {} };
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  return { url: url.href, authorization: { authorization: `Basic ${Buffer.from(login).toString('base64')}` } };
}

/** A secret, and where it is an address, all its pieces that an answer may echo. */
function partsOf(secret: string): string[] {
  if (!URL.canParse(secret)) return [secret];
  const { pathname, search, searchParams, username, password } = new URL(secret);
  const pieces = [pathname + search, ...pathname.split('/'), search.slice(1), ...searchParams.values()];
  return [secret, ...pieces, username, password];
}

/** Takes secrets out of text that others wrote; the longest first, pieces of a few characters stay. */
export function hiding(secrets: readonly string[]): (text: string) => string {
  const hidden = secrets
    .flatMap(partsOf)
    .flatMap((each) => [each, decoded(each)])
    .filter((each) => each.length >= 6)
    .sort((one, other) => other.length - one.length);
  return (text) => hidden.reduce((left, secret) => left.replaceAll(secret, '***'), text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** undici hides the system error in `cause`; its own message may hold the URL. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return codeOf(cause) || plainText(messageOf(cause).replace(/https?:\/\/\S+/g, 'URL'), 100);
}

function refused(
  response: Response,
  answer: string,
  { hide, nowMs }: { hide: (text: string) => string; nowMs: number },
): Attempt {
  const detail = answer === '' ? '' : `: ${plainText(hide(answer))}`;
  return {
    kind: 'failed',
    reason: reasonOf(response.status),
    message: `answered ${response.status}${detail}`,
    retryAfterMs: retryAfter(response.headers.get('retry-after'), nowMs) ?? retryAfterIn(answer),
  };
}

function reasonOf(status: number): FailureReason {
  if (status === 410) return 'gone';
  if (status === 429) return 'rate_limited';
  if (status < 400) return 'http_3xx';
  return status < 500 ? 'http_4xx' : 'http_5xx';
}

/** RFC 9110 section 10.2.3: seconds or a date. */
function retryAfter(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  if (/^\d+(\.\d+)?$/.test(value.trim())) return Math.ceil(Number(value) * 1000);
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}

/** Discord says it in the answer too: seconds, with a fraction. */
function retryAfterIn(answer: string): number | null {
  const found = /"retry_after"\s{0,9}:\s{0,9}(\d{1,9}(?:\.\d{1,9})?)/.exec(answer);
  return found === null ? null : Math.ceil(Number(found[1]) * 1000);
}

async function answerOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size < limits.deliveryAnswerBytes) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
  }
  await reader.cancel();
  return Buffer.concat(chunks).subarray(0, limits.deliveryAnswerBytes).toString('utf8').trim();
}
