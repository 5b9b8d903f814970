import { createHash, randomBytes } from 'node:crypto';
import { Failure } from '../../base/failure.js';
import { refusedBy } from './access-tokens.js';
import type { FormAnswer } from './endpoint.js';
import { loginCommand } from './fault.js';
import { scopeField } from './grant.js';
import { postAs } from './login-job.js';
import type { LoginJob } from './login-job.js';

const googleLogin = 'https://accounts.google.com/o/oauth2/v2/auth';
/** A loopback address (RFC 8252 section 7.3) where nothing need listen: the person copies what the browser shows. So it works over ssh too. */
const redirect = 'http://127.0.0.1:53682/';

/** The installed-application way with PKCE (RFC 7636), because Google gives no mail scope to devices. */
export async function logInByBrowser(job: LoginJob): Promise<FormAnswer> {
  const { mailbox, oauth, dialog } = job;
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  dialog.say('Open this address in any browser and log in:');
  dialog.say(addressFor(job, verifier, state));
  dialog.say(`The browser ends at a page of ${redirect} that it cannot show. Paste the address of that page here:`);
  const code = codeIn(await dialog.ask(), state, mailbox);
  const fields = { grant_type: 'authorization_code', code, redirect_uri: redirect, code_verifier: verifier };
  const answer = await postAs(job, oauth.token_url, fields);
  if (answer.status >= 400) throw refusedBy(answer, fields, oauth, mailbox);
  return answer;
}

/** `prompt=consent`: else Google gives the refresh token at the first login only. */
function addressFor({ user, oauth }: LoginJob, verifier: string, state: string): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: oauth.client_id ?? '',
    redirect_uri: redirect,
    ...scopeField({ oauth }),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state,
    access_type: 'offline',
    prompt: 'consent',
    login_hint: user,
  });
  return `${googleLogin}?${query.toString()}`;
}

function codeIn(pasted: string, state: string, mailbox: string): string {
  const hint = `start again: ${loginCommand(mailbox)}`;
  const address = pasted.trim();
  if (!URL.canParse(address)) throw new Failure('this is not the address of a page', { hint });
  const { searchParams } = new URL(address);
  if (searchParams.get('state') !== state) throw new Failure('this address does not belong to this login', { hint });
  const code = searchParams.get('code');
  if (code !== null && code !== '') return code;
  throw new Failure(`there is no code in this address${searchParams.has('error') ? ': the login was refused' : ''}`, {
    hint,
  });
}
