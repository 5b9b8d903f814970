import type { Clock } from '../base/clock.js';
import { codeOf, messageOf } from '../base/failure.js';
import { plainText } from '../base/text.js';
import type { OutboxMessage } from '../model/alert.js';
import { signedHeaders } from './signature.js';

/** Where messages go. */
export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
}

/** How an attempt ended. */
export type Attempt =
  | { readonly kind: 'delivered'; readonly status: number }
  | {
      readonly kind: 'failed';
      readonly reason: 'timeout' | 'connect' | 'http_3xx' | 'http_4xx' | 'http_5xx' | 'rate_limited' | 'gone';
      readonly message: string;
      /** What Retry-After asks for, or null. */
      readonly retryAfterMs: number | null;
    }
  /** We are stopping: neither delivered nor failed. */
  | { readonly kind: 'aborted' };

const attemptMs = 15_000;
/** Of the answer's body; it is only ever shown to people. */
const answerBytes = 4096;

/** Host of the target; the rest of a webhook URL is often a secret and is never shown. */
export function hostOf(target: WebhookTarget): string {
  return new URL(target.url).host;
}

/** Posts a message once. Only 2xx is success; redirects are not followed. */
export async function post(
  target: WebhookTarget,
  message: OutboxMessage,
  deps: { readonly clock: Clock; readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<Attempt> {
  const timeout = AbortSignal.timeout(deps.timeoutMs ?? attemptMs);
  const seconds = Math.floor(deps.clock.now() / 1000);
  try {
    const response = await fetch(target.url, {
      method: 'POST',
      headers: signedHeaders(message.id, message.body, target.secret, seconds),
      body: message.body,
      redirect: 'manual',
      signal: AbortSignal.any([deps.signal, timeout]),
    });
    if (response.ok) {
      await response.body?.cancel().catch(() => undefined);
      return { kind: 'delivered', status: response.status };
    }
    return refused(response, await answerOf(response).catch(() => ''), deps.clock.now());
  } catch (error) {
    if (deps.signal.aborted) return { kind: 'aborted' };
    const late = timeout.aborted;
    const text = late ? 'no answer in time' : `cannot connect: ${causeOf(error)}`;
    return { kind: 'failed', reason: late ? 'timeout' : 'connect', message: text, retryAfterMs: null };
  }
}

/** undici hides the system error in `cause`; its own message may hold the URL. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return codeOf(cause) || plainText(messageOf(cause).replace(/https?:\/\/\S+/g, 'URL'), 100);
}

function refused(response: Response, answer: string, nowMs: number): Attempt {
  const detail = answer === '' ? '' : `: ${plainText(answer)}`;
  return {
    kind: 'failed',
    reason: reasonOf(response.status),
    message: `answered ${response.status}${detail}`,
    retryAfterMs: retryAfter(response.headers.get('retry-after'), nowMs),
  };
}

function reasonOf(status: number): Extract<Attempt, { kind: 'failed' }>['reason'] {
  if (status === 410) return 'gone';
  if (status === 429) return 'rate_limited';
  if (status < 400) return 'http_3xx';
  return status < 500 ? 'http_4xx' : 'http_5xx';
}

/** RFC 9110 section 10.2.3: seconds or a date. */
function retryAfter(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}

async function answerOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size < answerBytes) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
  }
  await reader.cancel();
  return Buffer.concat(chunks).subarray(0, answerBytes).toString('utf8').trim();
}
