import type { MailboxConfig } from '../config/config.js';
import type { PollFailureReason } from '../observe/events.js';
import { oauthLoginHint } from './oauth/login-hint.js';
import { BusyFailure, PollFailure } from './poll-failure.js';
import { answerOf } from './server-answer.js';
import type { ServerAnswer } from './server-answer.js';

type Mailbox = Pick<MailboxConfig, 'name' | 'host' | 'port' | 'tls' | 'ca_file' | 'user' | 'password' | 'oauth'> & {
  readonly accessToken?: string;
};

interface Fault {
  readonly reason: PollFailureReason;
  readonly what: string;
  readonly hint: string;
}

/** Looks for one kind of fault; null when it is another. */
type Finder = (answer: ServerAnswer, mailbox: Mailbox) => Fault | null;

const checkAddress = 'check host and port of the mailbox, that the server runs, and that no firewall is between';
const checkTls = 'check that tls of the mailbox fits its port: tls for 993, starttls for 143';
const checkServer = 'it is tried again; if it goes on, look at the log of the IMAP server';

/** An error of the library, the socket or TLS as a failure of the poll, in words for the operator and without the password. */
export function pollFailureOf(error: unknown, mailbox: Mailbox): PollFailure {
  if (error instanceof PollFailure) return error;
  if (isBusy(error)) return busyFailureOf(error, mailbox);
  const answer = answerOf(error, secretsOf(mailbox));
  for (const find of finders) {
    const fault = find(answer, mailbox);
    if (fault) return failureOf(fault, mailbox);
  }
  const what = `${addressOf(mailbox)} answered in a way that cannot be used: ${answer.said}`;
  return failureOf({ reason: 'protocol', what, hint: checkServer }, mailbox);
}

/** What the server or the library said, for a message. */
export function saidBy(error: unknown, mailbox: Mailbox): string {
  return answerOf(error, secretsOf(mailbox)).said;
}

/** A server that never falls silent and never comes to an end. */
export function tooSlow(mailbox: Mailbox, ms: number): PollFailure {
  const what = `${addressOf(mailbox)} is too slow: it did not come to an end in ${Math.ceil(ms / 1000)} s`;
  return failureOf({ reason: 'timeout', what, hint: checkServer }, mailbox);
}

function failureOf({ reason, what, hint }: Fault, mailbox: Mailbox): PollFailure {
  return new PollFailure(reason, `mailbox ${mailbox.name}: ${what}`, hint);
}

/** A server may repeat what it was sent: quoted for LOGIN, or in Base64 for AUTHENTICATE PLAIN and LOGIN. */
function secretsOf({ user, password, accessToken }: Mailbox): readonly string[] {
  if (accessToken !== undefined || password === null) return [accessToken ?? ''];
  const quoted = password.replace(/["\\]/g, '\\$&');
  return [base64(`\0${user}\0${password}`), base64(password), quoted, password];
}

/** Without the padding, which some leave out. */
function base64(text: string): string {
  return Buffer.from(text).toString('base64').replace(/=+$/, '');
}

function addressOf({ host, port }: Mailbox): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const connectionFault: Finder = ({ code }, mailbox) => {
  const at = addressOf(mailbox);
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA': {
      const hint = 'check host of the mailbox and the DNS of this machine';
      return { reason: 'connect', what: `the name of ${at} cannot be resolved`, hint };
    }
    case 'ECONNREFUSED':
      return { reason: 'connect', what: `nothing accepts connections at ${at}`, hint: checkAddress };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EACCES':
      return { reason: 'connect', what: `there is no way to ${at} (${code})`, hint: checkAddress };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'NoConnection':
    case 'EConnectionClosed':
    case 'StateLogout':
    case 'ClosedAfterConnectText':
    case 'ClosedAfterConnectTLS':
      return { reason: 'connect', what: `${at} ended the connection`, hint: `${checkServer}, and ${checkTls}` };
    default:
      return null;
  }
};

const silenceFault: Finder = ({ code }, mailbox) => {
  const at = addressOf(mailbox);
  switch (code) {
    case 'CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return { reason: 'timeout', what: `${at} cannot be reached in time`, hint: checkAddress };
    case 'GREETING_TIMEOUT':
      return { reason: 'timeout', what: `${at} accepts the connection but says nothing`, hint: checkTls };
    case 'ETIMEOUT':
    case 'UPGRADE_TIMEOUT':
      return { reason: 'timeout', what: `${at} fell silent`, hint: checkServer };
    default:
      return null;
  }
};

const untrustedCodes =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE|INVALID_CA)/;

const certificateFault: Finder = ({ code }, mailbox) => {
  const certificate = `the certificate of ${addressOf(mailbox)}`;
  if (untrustedCodes.test(code)) {
    const hint =
      mailbox.ca_file === null
        ? 'set ca_file of the mailbox to the PEM file of the authority that signed it'
        : 'ca_file of the mailbox does not hold the authority that signed it';
    return { reason: 'tls', what: `${certificate} is not trusted (${code})`, hint };
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const hint = 'renew it on the server, or check the clock of this machine';
    return { reason: 'tls', what: `${certificate} is out of date (${code})`, hint };
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const hint = 'set host of the mailbox to a name that the certificate holds';
    return { reason: 'tls', what: `${certificate} is for another host name`, hint };
  }
  return null;
};

const tlsFault: Finder = ({ code, said, tlsFailed }, mailbox) => {
  if (!tlsFailed && !/^(ERR_TLS_|ERR_SSL_|CERT_|EPROTO$)/.test(code)) return null;
  const at = addressOf(mailbox);
  if (mailbox.tls === 'starttls' && code === '') {
    const hint = 'set tls of the mailbox to tls (port 993), or to none on a trusted network';
    return { reason: 'tls', what: `${at} does not offer STARTTLS`, hint };
  }
  return { reason: 'tls', what: `no TLS connection with ${at}: ${code || said}`, hint: checkTls };
};

/** Words of RFC 5530 and of Gmail, Yahoo and Microsoft for too many connections, commands or bytes. */
const busyCodes: readonly string[] = ['UNAVAILABLE', 'LIMIT', 'INUSE', 'THROTTLED', 'OVERQUOTA'];

/** Whether the server asks for patience. */
export function isBusy(error: unknown): boolean {
  const { responseCode, code } = answerOf(error);
  return busyCodes.includes(responseCode) || code === 'ETHROTTLE';
}

function busyFailureOf(error: unknown, mailbox: Mailbox): BusyFailure {
  const { said } = answerOf(error, secretsOf(mailbox));
  const message = `mailbox ${mailbox.name}: ${addressOf(mailbox)} cannot serve ${mailbox.user} now: ${said}`;
  const hint = 'it is tried again when the next poll is due; if it goes on, set a longer poll_seconds';
  return new BusyFailure('connect', message, hint);
}

const oauthFault: Finder = ({ responseCode, said, loginRefused }, mailbox) => {
  if (mailbox.oauth === null || ['UNAVAILABLE', 'LIMIT', 'INUSE'].includes(responseCode)) return null;
  const at = addressOf(mailbox);
  if (/Unsupported authentication/i.test(said)) {
    const hint = 'check host and tls of the mailbox, or set a password in place of oauth';
    return { reason: 'auth', what: `${at} offers no login by OAuth2 (XOAUTH2 or OAUTHBEARER)`, hint };
  }
  if (!loginRefused) return null;
  const what = `${at} refused the OAuth2 login of ${mailbox.user}: ${said}`;
  return { reason: 'auth', what, hint: oauthLoginHint(mailbox.oauth) };
};

const loginFault: Finder = ({ responseCode, said, loginRefused }, mailbox) => {
  const at = addressOf(mailbox);
  if (!loginRefused) return null;
  const wantsTls = /PRIVACYREQUIRED|disabled|disallowed|Unsupported authentication/i.test(`${responseCode} ${said}`);
  if (wantsTls && mailbox.tls === 'none') {
    const hint = 'set tls of the mailbox to starttls or tls';
    return { reason: 'tls', what: `${at} takes no password over an open connection: ${said}`, hint };
  }
  const hint =
    'check user and password (or password_file) of the mailbox; some providers want an app password or IMAP switched on';
  return { reason: 'auth', what: `${at} refused the login of ${mailbox.user}: ${said}`, hint };
};

const finders: readonly Finder[] = [connectionFault, silenceFault, certificateFault, tlsFault, oauthFault, loginFault];
