import { Failure } from '../../base/failure.js';
import type { MailboxConfig } from '../../config/config.js';
import { limits as defaultLimits } from '../../config/limits.js';
import type { OauthConfig } from '../../config/oauth-settings.js';
import { tokenRequestMs } from './access-tokens.js';
import type { TokenDeps } from './access-tokens.js';
import { logInByBrowser } from './browser-login.js';
import { logInByDevice } from './device-login.js';
import { textField } from './endpoint.js';
import type { FormAnswer } from './endpoint.js';
import { oauthFailure } from './fault.js';
import type { LoginDialog, LoginJob } from './login-job.js';
import { TokenFile } from './token-file.js';

export type { LoginDialog } from './login-job.js';

/**
 * Lets a person log in once, and keeps the refresh token: by a code on another device (RFC 8628), at Google by the address
 * that the browser ends at (RFC 8252). Resolves with the file that holds the token. Rejects with a Failure that says what to do.
 */
export async function logInByHand(
  mailbox: MailboxConfig,
  dialog: LoginDialog,
  deps: TokenDeps & { readonly signal: AbortSignal },
): Promise<string> {
  const { name, user, oauth } = mailbox;
  if (oauth?.grant !== 'refresh_token') {
    throw new Failure(`mailbox ${name} needs no login by hand`, { hint: oauthHint(oauth), exitCode: 2 });
  }
  const { limits = defaultLimits, timeoutMs = tokenRequestMs, clock, signal } = deps;
  const job = { mailbox: name, user, oauth, dialog, deps: { clock, limits, timeoutMs }, signal };
  const token = refreshTokenIn(await wayFor(job)(job), job);
  await new TokenFile(oauth.token_file, name, limits).save(token);
  return oauth.token_file;
}

function oauthHint(oauth: OauthConfig | null): string {
  return oauth === null
    ? 'it has a password; set oauth of the mailbox to use OAuth2'
    : `its grant is ${oauth.grant}: ruawatch check logs in`;
}

function wayFor({ oauth, mailbox }: LoginJob): (job: LoginJob) => Promise<FormAnswer> {
  if (oauth.device_url !== null) return logInByDevice;
  if (oauth.provider === 'google') return logInByBrowser;
  throw new Failure(`mailbox ${mailbox}: there is no address to log in at`, {
    hint: `set device_url in oauth of the mailbox, or get a refresh token elsewhere and write it to ${oauth.token_file}`,
    exitCode: 2,
  });
}

function refreshTokenIn(answer: FormAnswer, { mailbox, oauth }: LoginJob): string {
  const token = textField(answer, 'refresh_token');
  if (token !== '') return token;
  const what = `${new URL(oauth.token_url).host} gave no refresh token`;
  const hint =
    'ask for one: the scope is often offline_access (scope in oauth of the mailbox), and the application must be allowed to have one';
  throw oauthFailure(mailbox, { reason: 'auth', what, hint });
}
