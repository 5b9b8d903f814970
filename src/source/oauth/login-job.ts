import type { OauthConfig } from '../../config/oauth-settings.js';
import type { TokenDeps } from './access-tokens.js';
import { postForm } from './endpoint.js';
import type { FormAnswer } from './endpoint.js';
import { clientFields } from './grant.js';

/** The person who logs in. */
export interface LoginDialog {
  say(line: string): void;
  /** One line of what the person types; "" at the end of input. */
  ask(): Promise<string>;
}

/** What both ways to log in by hand are given. */
export interface LoginJob {
  readonly mailbox: string;
  readonly user: string;
  readonly oauth: OauthConfig;
  readonly dialog: LoginDialog;
  readonly deps: Required<TokenDeps>;
  readonly signal: AbortSignal;
}

/** Posts the fields, and with them who the application is. Rejects as `postForm` does. */
export async function postAs(
  job: LoginJob,
  url: string,
  fields: Readonly<Record<string, string>>,
): Promise<FormAnswer> {
  const { mailbox, user, oauth, signal } = job;
  const { limits, timeoutMs, clock } = job.deps;
  const client = await clientFields({ mailbox, user, oauth, now: Math.floor(clock.now() / 1000) });
  return postForm({ url, fields: { ...fields, ...client }, mailbox, limits, signal, timeoutMs });
}
