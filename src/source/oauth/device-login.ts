import { Failure } from '../../base/failure.js';
import { plainText } from '../../base/text.js';
import { PollFailure } from '../poll-failure.js';
import { refusedBy } from './access-tokens.js';
import { secondsField, textField } from './endpoint.js';
import type { FormAnswer } from './endpoint.js';
import { loginCommand, oauthFailure } from './fault.js';
import { scopeField } from './grant.js';
import { postAs } from './login-job.js';
import type { LoginJob } from './login-job.js';

/** RFC 8628 section 3.5: where the server names no interval, and what `slow_down` adds. */
const intervalSeconds = 5;
/** Longest wait between two questions, whatever the server asks for. */
const longestIntervalSeconds = 60;
/** Where the server does not say how long a code lasts; RFC 8628 wants it said. */
const codeSeconds = 900;

interface Code {
  readonly deviceCode: string;
  readonly intervalSeconds: number;
  readonly endsAtMs: number;
}

/** The device authorization grant: the person types a short code at the provider while we ask again and again. */
export async function logInByDevice(job: LoginJob): Promise<FormAnswer> {
  const code = await askForCode(job);
  let seconds = code.intervalSeconds;
  for (;;) {
    await job.deps.clock.sleep(seconds * 1000, job.signal);
    if (job.signal.aborted) throw new Failure('the login was broken off', { hint: 'nothing was changed' });
    if (job.deps.clock.now() >= code.endsAtMs) throw ended(job);
    const fields = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: code.deviceCode };
    const answer = await askForToken(job, fields);
    if (answer !== null && answer.status < 400) return answer;
    const error = answer === null ? 'unreachable' : textField(answer, 'error');
    if (error === 'expired_token') throw ended(job);
    if (answer !== null && !['authorization_pending', 'slow_down'].includes(error)) {
      throw refusedBy(answer, fields, job.oauth, job.mailbox);
    }
    if (error === 'slow_down') seconds += intervalSeconds;
    if (answer === null) seconds *= 2;
    seconds = Math.min(seconds, longestIntervalSeconds);
  }
}

async function askForCode(job: LoginJob): Promise<Code> {
  const fields = scopeField(job);
  const answer = await postAs(job, job.oauth.device_url ?? '', fields);
  if (answer.status >= 400) throw refusedBy(answer, fields, job.oauth, job.mailbox);
  const deviceCode = textField(answer, 'device_code');
  const userCode = textField(answer, 'user_code');
  // Google says verification_url.
  const address = textField(answer, 'verification_uri') || textField(answer, 'verification_url');
  if (deviceCode === '' || userCode === '' || !/^https?:\/\//.test(address)) {
    const what = `${new URL(job.oauth.device_url ?? '').host} gave no code to log in with`;
    throw oauthFailure(job.mailbox, { reason: 'protocol', what, hint: 'check device_url in oauth of the mailbox' });
  }
  const seconds = secondsField(answer, 'expires_in') ?? codeSeconds;
  job.dialog.say(`Open ${plainText(address, 300)} in any browser and type the code ${plainText(userCode, 60)}`);
  job.dialog.say(`Log in there as ${job.user}. The code is good for ${Math.ceil(seconds / 60)} minutes. Waiting ...`);
  return {
    deviceCode,
    intervalSeconds: Math.min(secondsField(answer, 'interval') ?? intervalSeconds, longestIntervalSeconds),
    endsAtMs: job.deps.clock.now() + seconds * 1000,
  };
}

/** Null when the provider or the network fails for the moment: that must not cost the person another login. */
async function askForToken(job: LoginJob, fields: Readonly<Record<string, string>>): Promise<FormAnswer | null> {
  try {
    const answer = await postAs(job, job.oauth.token_url, fields);
    return answer.status >= 500 ? null : answer;
  } catch (error) {
    if (error instanceof PollFailure && ['connect', 'timeout'].includes(error.reason)) return null;
    throw error;
  }
}

function ended({ mailbox }: LoginJob): Failure {
  return new Failure('nobody logged in before the code ended', { hint: `start again: ${loginCommand(mailbox)}` });
}
