import { dirname, join } from 'node:path';
import { Failure } from '../base/failure.js';
import type { OauthConfig } from './oauth-settings.js';

type Derived = 'client_secret' | 'token_file' | 'token_url' | 'device_url' | 'scope';
export type OauthDraft = Omit<OauthConfig, Derived> & Partial<Pick<OauthConfig, Derived>>;
type Key = keyof OauthConfig;

/** The map of settings that is looked at, and the mailbox that it belongs to. */
export interface OauthPlace {
  readonly mailbox: string;
  readonly db: string;
  nameOf(key: Key): string;
  secret(key: 'client_secret'): string | null;
  checkReadable(path: string | null, name: string): void;
}

type Login = `${OauthConfig['provider']} ${OauthConfig['grant']}`;

/** What each way to log in cannot do without. A pair that is not here does not exist. */
const needs: Readonly<Partial<Record<Login, readonly Key[]>>> = {
  'google refresh_token': ['client_id', 'client_secret'],
  'google service_account': ['service_account_file'],
  'microsoft refresh_token': ['client_id'],
  'microsoft client_credentials': ['tenant', 'client_id'],
  'generic refresh_token': ['client_id', 'token_url'],
  'generic client_credentials': ['client_id', 'token_url'],
};

/** Checks that the settings are enough for the chosen way to log in, and fills in what the provider decides. Throws a Failure. */
export function resolveOauth(draft: OauthDraft, place: OauthPlace): OauthConfig {
  const secret = place.secret('client_secret');
  const set = { ...draft, client_secret: secret };
  checkNeeds(set, place);
  for (const key of ['certificate_file', 'key_file', 'service_account_file'] as const) {
    place.checkReadable(draft[key], place.nameOf(key));
  }
  const oauth = {
    ...set,
    token_file: draft.token_file ?? join(dirname(place.db), `refresh-token-${encodeURIComponent(place.mailbox)}`),
    ...endpoints(draft),
  };
  checkEncrypted(oauth, place);
  return oauth;
}

function checkNeeds(set: OauthDraft, place: OauthPlace): void {
  const needed = needs[`${set.provider} ${set.grant}`];
  if (needed === undefined) {
    const grants = Object.keys(needs).filter((login) => login.startsWith(`${set.provider} `));
    refuse(
      `${place.nameOf('grant')} cannot be ${set.grant} for ${set.provider}`,
      `set it to ${grants.map((login) => login.slice(set.provider.length + 1)).join(' or ')}`,
    );
  }
  for (const key of needed) {
    if ((set[key] ?? null) !== null) continue;
    refuse(
      `${place.nameOf(key)} is not set, and ${set.provider} needs it`,
      'set it; docs/oauth.md says where it is found',
    );
  }
  const hasSecret = (set.client_secret ?? null) !== null;
  const hasCertificate = set.certificate_file !== null;
  const [secret, certificate] = [place.nameOf('client_secret'), place.nameOf('certificate_file')];
  if (set.key_file !== null && !hasCertificate) {
    refuse(`${place.nameOf('key_file')} is set without ${certificate}`, 'set both, or take the key away');
  }
  if (hasSecret && hasCertificate) refuse(`${secret} and ${certificate} are both set`, 'keep one of them');
  if (set.grant === 'client_credentials' && !hasSecret && !hasCertificate) {
    refuse(`${secret} is not set`, `set it, or ${place.nameOf('client_secret_file')}, or ${certificate}`);
  }
}

const googleScope = 'https://mail.google.com/';
const outlookScopes = {
  refresh_token: 'https://outlook.office.com/IMAP.AccessAsUser.All offline_access',
  client_credentials: 'https://outlook.office365.com/.default',
};

function endpoints(draft: OauthDraft): Pick<OauthConfig, 'token_url' | 'device_url' | 'scope'> {
  const given = { token_url: draft.token_url ?? '', device_url: draft.device_url ?? null, scope: draft.scope ?? '' };
  if (draft.provider === 'generic') return given;
  if (draft.provider === 'google') {
    return {
      token_url: draft.token_url ?? 'https://oauth2.googleapis.com/token',
      device_url: given.device_url,
      scope: draft.scope ?? googleScope,
    };
  }
  const base = `https://login.microsoftonline.com/${draft.tenant ?? 'organizations'}/oauth2/v2.0`;
  const isApplication = draft.grant === 'client_credentials';
  return {
    token_url: draft.token_url ?? `${base}/token`,
    device_url: draft.device_url ?? `${base}/devicecode`,
    scope: draft.scope ?? outlookScopes[isApplication ? 'client_credentials' : 'refresh_token'],
  };
}

/** Secrets go there. */
function checkEncrypted(oauth: OauthConfig, place: OauthPlace): void {
  for (const key of ['token_url', 'device_url'] as const) {
    const address = oauth[key];
    if (address === null || isSafe(address)) continue;
    refuse(
      `${place.nameOf(key)} must start with https://`,
      'secrets are sent there; http:// is accepted for an address of this machine only',
    );
  }
}

function isSafe(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

function refuse(message: string, hint: string): never {
  throw new Failure(message, { hint, exitCode: 2 });
}
