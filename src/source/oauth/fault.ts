import { plainText } from '../../base/text.js';
import type { OauthConfig } from '../../config/oauth-settings.js';
import type { PollFailureReason } from '../../observe/events.js';
import { PollFailure } from '../poll-failure.js';

export interface OauthFault {
  readonly reason: PollFailureReason;
  readonly what: string;
  readonly hint: string;
}

export function oauthFailure(mailbox: string, { reason, what, hint }: OauthFault): PollFailure {
  return new PollFailure(reason, `mailbox ${mailbox}: ${what}`, hint);
}

/** What an endpoint answered with a status of 400 or more (RFC 6749 section 5.2). "" where it said nothing. */
export interface Refusal {
  readonly status: number;
  readonly error: string;
  readonly description: string;
}

/** A refused token request, in words for the operator. */
export function refusalFault(refusal: Refusal, oauth: OauthConfig, mailbox: string): OauthFault {
  const { host } = new URL(oauth.token_url);
  const said = [refusal.error, refusal.description].filter((each) => each !== '').join(': ');
  const what = `${host} gave no access token: ${plainText(said || `it answered ${refusal.status}`, 300)}`;
  if (isPassing(refusal)) {
    return {
      reason: 'connect',
      what,
      hint: 'it is tried again; if it goes on, look at the status page of the provider',
    };
  }
  return { reason: 'auth', what, hint: remedyOf(refusal, oauth, mailbox) };
}

/** Nothing that the operator did: it may be over in a minute. */
function isPassing({ status, error }: Refusal): boolean {
  return status >= 500 || status === 429 || ['temporarily_unavailable', 'server_error', 'slow_down'].includes(error);
}

function remedyOf(refusal: Refusal, oauth: OauthConfig, mailbox: string): string {
  const code = /\bAADSTS\d{4,8}\b/.exec(refusal.description)?.[0] ?? '';
  const entra = entraRemedies.get(code);
  if (entra !== undefined) return entra.replace('LOGIN', loginCommand(mailbox));
  if (oauth.grant === 'service_account') return serviceAccountRemedies.get(refusal.error) ?? serviceAccountRemedy;
  return (remedies.get(refusal.error) ?? unknownRemedy).replace('LOGIN', loginCommand(mailbox));
}

/** What to type for a mailbox whose refresh token is missing or dead. */
export function loginCommand(mailbox: string): string {
  return `ruawatch login '${mailbox.replaceAll("'", '')}'`;
}

const unknownRemedy = 'check oauth of the mailbox; docs/oauth.md goes through it step by step';
const newSecret =
  'make a client secret in the app registration (Certificates & secrets) and put its Value into the file of client_secret_file';
const again = 'log in again: LOGIN';
const consent = 'have an administrator grant consent in the app registration (API permissions, Grant admin consent)';

/** RFC 6749 section 5.2, and what RFC 8628 adds. */
const remedies = new Map(
  Object.entries({
    invalid_grant: `the refresh token is used up, revoked or for another application; ${again}`,
    invalid_client: 'check client_id and client_secret (or certificate_file) in oauth of the mailbox',
    unauthorized_client: 'allow this application the grant at the provider, and check client_id',
    unsupported_grant_type: 'the provider does not offer this grant: set another one in oauth of the mailbox',
    invalid_scope: 'correct scope in oauth of the mailbox, and the permissions of the application at the provider',
    invalid_request: 'check token_url, client_id and scope in oauth of the mailbox',
    access_denied: 'the login was refused by the person or a rule of the provider; ask the administrator, then LOGIN',
  }),
);

const serviceAccountRemedy =
  'check service_account_file, and that the account and its key still exist in the Google Cloud console';

const serviceAccountRemedies = new Map(
  Object.entries({
    unauthorized_client:
      'in the Google Admin console (Security, API controls, Domain-wide delegation) add the numeric client ID of the service account with scope https://mail.google.com/; it can take some hours',
    invalid_grant: 'check that user of the mailbox is an account of this Workspace, and the clock of this machine',
  }),
);

/** Codes of Microsoft Entra ID that people meet here. */
const entraRemedies = new Map(
  Object.entries({
    AADSTS7000215: `this is no valid secret of the application (perhaps the Secret ID in place of the Value); ${newSecret}`,
    AADSTS7000222: `the client secret has expired; ${newSecret}`,
    AADSTS7000218:
      'set client_secret_file or certificate_file, or allow public client flows in the app registration (Authentication)',
    AADSTS700027:
      'upload the certificate of certificate_file to the app registration (Certificates & secrets), and check that it is in date',
    AADSTS700016: 'check client_id and tenant: this directory does not know the application',
    AADSTS90002: 'check tenant: there is no such directory',
    AADSTS900023: 'set tenant to the ID or a domain of your directory',
    AADSTS65001: consent,
    AADSTS90094: consent,
    AADSTS70011: 'correct scope in oauth of the mailbox, or leave it out',
    AADSTS500011: 'correct scope in oauth of the mailbox, or leave it out; the directory must have Exchange Online',
    AADSTS50034: 'check user and tenant: this directory does not know the account',
    AADSTS50057: 'the account is disabled: enable it in Microsoft Entra ID',
    AADSTS50076: `the account needs a second factor; ${again}`,
    AADSTS50079: `the account needs a second factor; ${again}`,
    AADSTS50173: `the password was changed or the sessions were revoked; ${again}`,
    AADSTS53003:
      'a Conditional Access rule blocks this login: have an administrator exempt the application or this machine',
    AADSTS70008: `the refresh token has expired; ${again}`,
    AADSTS700082: `the refresh token was not used for 90 days and has expired; ${again}`,
    AADSTS700084: `the refresh token has expired; ${again}`,
  }),
);
