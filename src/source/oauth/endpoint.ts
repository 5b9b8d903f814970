import { codeOf, messageOf } from '../../base/failure.js';
import { plainText } from '../../base/text.js';
import type { Limits } from '../../config/limits.js';
import { oauthFailure } from './fault.js';
import type { OauthFault } from './fault.js';

export interface FormPost {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Name of the mailbox, for messages. */
  readonly mailbox: string;
  readonly limits: Pick<Limits, 'tokenBytes'>;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** An answer in JSON, its status below 500 or not. */
export interface FormAnswer {
  readonly status: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

const tryAgain = 'it is tried again; if it goes on, look at the status page of the provider';

/**
 * Posts a form to an endpoint of the provider; bounded in time and bytes, and never redirected: the form holds secrets.
 * Rejects with a PollFailure when there is no answer in JSON.
 */
export async function postForm(post: FormPost): Promise<FormAnswer> {
  const timeout = AbortSignal.timeout(post.timeoutMs);
  try {
    const response = await fetch(post.url, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams(post.fields),
      redirect: 'manual',
      signal: AbortSignal.any([post.signal, timeout]),
    });
    const fields = objectIn(await textOf(response, post.limits.tokenBytes));
    if (fields === null) throw oauthFailure(post.mailbox, noJson(post, response));
    return { status: response.status, fields };
  } catch (error) {
    if (error instanceof Error && error.name === 'PollFailure') throw error;
    throw oauthFailure(post.mailbox, timeout.aborted ? late(post) : unreachable(post, error));
  }
}

/** A text field of an answer, or "". */
export function textField({ fields }: FormAnswer, key: string): string {
  const value = fields[key];
  return typeof value === 'string' ? value : '';
}

/** Seconds in a field; some servers send them as text. Null when there are none. */
export function secondsField({ fields }: FormAnswer, key: string): number | null {
  const value = fields[key];
  const seconds = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}

/** The body; cut one byte past the bound, so that it cannot be whole. */
async function textOf(response: Response, bound: number): Promise<string | null> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks).toString('utf8');
    size += value.length;
    if (size > bound) break;
    chunks.push(value);
  }
  await reader.cancel();
  return null;
}

function objectIn(text: string | null): Readonly<Record<string, unknown>> | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function hostOf({ url }: FormPost): string {
  return new URL(url).host;
}

function noJson(post: FormPost, { status, headers }: Response): OauthFault {
  const type = plainText(headers.get('content-type') ?? 'no type', 60);
  const what = `${hostOf(post)} gave no access token: it answered ${status} with something that is no JSON of a token endpoint (${type})`;
  if (status >= 500 || status === 429) return { reason: 'connect', what, hint: tryAgain };
  return {
    reason: 'protocol',
    what,
    hint: 'check token_url in oauth of the mailbox, and that no proxy answers in its place',
  };
}

function late(post: FormPost): OauthFault {
  const what = `${hostOf(post)} gave no access token in time`;
  return { reason: 'timeout', what, hint: tryAgain };
}

function unreachable(post: FormPost, error: unknown): OauthFault {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const what = `${hostOf(post)} cannot be reached for an access token: ${codeOf(cause) || plainText(messageOf(cause), 100)}`;
  const hint = 'check the network and DNS of this machine, and token_url in oauth of the mailbox';
  return { reason: 'connect', what, hint };
}
