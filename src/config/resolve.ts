import { accessSync, constants } from 'node:fs';
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';
import { Failure } from '../base/failure.js';
import { plainText } from '../base/text.js';
import type { Origin } from './check.js';
import type { ChannelConfig, Config, DirectoryConfig, MailboxConfig, SmtpConfig, WebhookConfig } from './config.js';
import { channelSchema } from './channel-settings.js';
import { mailboxSchema, smtpSchema, webhookSchema } from './config.js';
import { checkChannelNames, resolveChannel } from './resolve-channels.js';
import type { ChannelDraft } from './resolve-channels.js';
import { resolveSecret } from './secrets.js';
import { resolveOauth } from './resolve-oauth.js';
import type { OauthDraft, OauthPlace } from './resolve-oauth.js';
import type { Setting } from './setting.js';
import { fieldsOf, nameOf, rootSetting } from './setting.js';
import { unreadable } from './yaml-file.js';

type Without<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>;
export type MailboxDraft = Without<Omit<MailboxConfig, 'oauth'>, 'name' | 'port' | 'password'> & {
  oauth: OauthDraft | null;
};
export type DirectoryDraft = Without<DirectoryConfig, 'name'>;
export type WebhookDraft = Without<WebhookConfig, 'url' | 'secret'>;

/** Settings that passed the check, before secrets were read and derived values filled in. */
export interface ConfigDraft extends Omit<Config, 'mailboxes' | 'directories' | 'webhook' | 'channels'> {
  readonly mailboxes: readonly MailboxDraft[];
  readonly directories: readonly DirectoryDraft[];
  readonly webhook: WebhookDraft | null;
  readonly channels: readonly ChannelDraft[];
}

/** Reads the secrets, derives names and ports, and checks what one setting alone cannot show. Throws a Failure. */
export function resolveConfig(draft: ConfigDraft, origin: Origin): Config {
  const config: Config = {
    ...draft,
    mailboxes: draft.mailboxes.map((mailbox, index) =>
      resolveMailbox(mailbox, { prefix: `mailboxes[${index}].`, origin, db: draft.db }),
    ),
    directories: draft.directories.map((directory) => ({ ...directory, name: directory.name ?? directory.path })),
    domains: [...new Set(draft.domains.map((domain, index) => resolveDomain(domain, `domains[${index}]`, origin)))],
    api_token: secretAt({ fields: fieldsIn(rootSetting), key: 'api_token', values: draft, prefix: '', origin }),
    push_token: secretAt({ fields: fieldsIn(rootSetting), key: 'push_token', values: draft, prefix: '', origin }),
    webhook: draft.webhook && resolveWebhook(draft.webhook, origin),
    channels: draft.channels.map((channel, index) => channelAt(channel, `channels[${index}]`, origin)),
  };
  checkListen(config.listen, origin);
  for (const [index, network] of config.trusted_proxies.entries()) checkProxy(network, index, origin);
  if (config.smtp) checkSmtp(config.smtp, origin);
  checkNames(config);
  checkChannelNames(config.channels, config.webhook);
  checkSenders(config, origin);
  return config;
}

function checkSenders({ senders }: Config, origin: Origin): void {
  for (const [index, { cidr }] of senders.entries()) {
    for (const [place, network] of cidr.entries()) {
      if (ipaddr.isValidCIDR(network)) continue;
      const path = `senders[${index}].cidr[${place}]`;
      throw new Failure(`${nameOf(path, undefined, origin(path))}: "${plainText(network, 60)}" is not a network`, {
        hint: 'write ADDRESS/BITS, such as 203.0.113.0/24 or 2001:db8::/32',
        exitCode: 2,
      });
    }
  }
}

type Fields = Readonly<Record<string, Setting>>;

function fieldsIn(setting: Setting): Fields {
  return setting.properties ?? {};
}

interface SecretPlace {
  readonly fields: Fields;
  readonly key: string;
  readonly values: object;
  readonly prefix: string;
  readonly origin: Origin;
}

function nameAt({ fields, prefix, origin }: Omit<SecretPlace, 'key' | 'values'>, key: string): string {
  return nameOf(prefix + key, fields[key]?.env, origin(prefix + key));
}

/** The secret of a map that may hold `key` or `key_file`. */
function secretAt(place: SecretPlace): string | null {
  const values = place.values as Readonly<Record<string, string | null | undefined>>;
  return resolveSecret({
    setting: place.fields[place.key] ?? {},
    name: nameAt(place, place.key),
    value: values[place.key],
    fileName: nameAt(place, `${place.key}_file`),
    file: values[`${place.key}_file`] ?? null,
  });
}

interface MailboxPlace {
  readonly prefix: string;
  readonly origin: Origin;
  readonly db: string;
}

function resolveMailbox(draft: MailboxDraft, { prefix, origin, db }: MailboxPlace): MailboxConfig {
  const place = { fields: fieldsIn(mailboxSchema), prefix, origin };
  const name = draft.name ?? `${draft.user}@${draft.host}`;
  const password = secretAt({ ...place, key: 'password', values: draft });
  const oauth = draft.oauth && resolveOauth(draft.oauth, oauthPlace(draft.oauth, { prefix, origin, db }, name));
  if (password !== null && oauth !== null) {
    throw new Failure(`${nameAt(place, 'password')} and ${nameAt(place, 'oauth')} are both set`, {
      hint: 'keep one of them',
      exitCode: 2,
    });
  }
  if (password === null && oauth === null) {
    throw new Failure(`${nameAt(place, 'password')} is not set`, {
      hint: `set it, or name a file that holds it in ${nameAt(place, 'password_file')}, or log in by oauth (docs/oauth.md)`,
      exitCode: 2,
    });
  }
  checkReadable(draft.ca_file, nameAt(place, 'ca_file'));
  const port = draft.port ?? (draft.tls === 'tls' ? 993 : 143);
  return { ...draft, name, port, password, oauth };
}

function oauthPlace(draft: OauthDraft, { prefix, origin, db }: MailboxPlace, mailbox: string): OauthPlace {
  const fields = fieldsOf(fieldsIn(mailboxSchema)['oauth'] ?? {}) ?? {};
  const place = { fields, prefix: `${prefix}oauth.`, origin };
  return {
    mailbox,
    db,
    nameOf: (key) => nameAt(place, key),
    secret: (key) => secretAt({ ...place, key, values: draft }),
    checkReadable,
  };
}

function checkReadable(path: string | null, name: string): void {
  if (path === null) return;
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new Failure(`${name} names ${path}, which cannot be read: ${unreadable(error)}`, {
      hint: 'correct the path or let this user read the file',
      exitCode: 2,
    });
  }
}

function resolveWebhook(draft: WebhookDraft, origin: Origin): WebhookConfig {
  const place = { fields: fieldsIn(webhookSchema), prefix: 'webhook.', origin };
  const url = secretAt({ ...place, key: 'url', values: draft });
  const secret = secretAt({ ...place, key: 'secret', values: draft });
  if (url === null) {
    throw new Failure(`${nameAt(place, 'url')} is not set`, {
      hint: `set it, or name a file that holds it in ${nameAt(place, 'url_file')}`,
      exitCode: 2,
    });
  }
  if (secret !== null) return { ...draft, url, secret };
  throw new Failure(`${nameAt(place, 'secret')} is not set, and alerts are never posted unsigned`, {
    hint: `make one with: ${place.fields['secret']?.make ?? ''}, and give it to the receiver too`,
    exitCode: 2,
  });
}

function channelAt(draft: ChannelDraft, path: string, origin: Origin): ChannelConfig {
  const place = { fields: fieldsIn(channelSchema), prefix: `${path}.`, origin, values: draft };
  const domains = draft.domains.map((each, index) => resolveDomain(each, `${path}.domains[${index}]`, origin));
  checkReadable(draft.ca_file, nameAt(place, 'ca_file'));
  return resolveChannel({ ...draft, domains }, { path, secret: (key) => secretAt({ ...place, key }) });
}

/** Reports name a domain in lower-case ASCII form. */
function resolveDomain(domain: string, path: string, origin: Origin): string {
  const ascii = domainToASCII(domain.trim().replace(/\.$/, '')).toLowerCase();
  if (/^[^\s/:?#@\\]+$/.test(domain.trim()) && /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(ascii)) return ascii;
  const env = path.startsWith('domains[') ? rootSetting.properties?.['domains']?.env : undefined;
  const name = nameOf(path, env, origin(path));
  throw new Failure(`${name} must be a domain name, not "${plainText(domain, 60)}"`, {
    hint: 'write for example example.org',
    exitCode: 2,
  });
}

function checkListen(listen: string, origin: Origin): void {
  const port = listen.slice(listen.lastIndexOf(':') + 1);
  if (Number(port) <= 65535) return;
  const name = nameOf('listen', rootSetting.properties?.['listen']?.env, origin('listen'));
  throw new Failure(`${name} must have a port from 0 to 65535, not ${port}`, {
    hint: 'correct it, or leave it out for 127.0.0.1:8080',
    exitCode: 2,
  });
}

function checkProxy(network: string, index: number, origin: Origin): void {
  if (isNetwork(network)) return;
  const name = nameOf(`trusted_proxies[${index}]`, 'RUAWATCH_TRUSTED_PROXIES', origin(`trusted_proxies[${index}]`));
  throw new Failure(`${name}: "${plainText(network, 60)}" is no address and no network`, {
    hint: 'write ADDRESS or ADDRESS/BITS, such as 127.0.0.1 or 2001:db8::/32',
    exitCode: 2,
  });
}

function isNetwork(text: string): boolean {
  const [, address = '', bits = null] = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return false;
  // IPv4 is written as IPv4; all the world is no proxy.
  if (version === 6 && ipaddr.IPv6.parse(address).isIPv4MappedAddress()) return false;
  return bits === null || (Number(bits) >= 1 && Number(bits) <= (version === 4 ? 32 : 128));
}

function checkSmtp({ listen, tls_cert_file: cert, tls_key_file: key }: SmtpConfig, origin: Origin): void {
  const nameIn = (field: string) => nameOf(`smtp.${field}`, fieldsIn(smtpSchema)[field]?.env, origin(`smtp.${field}`));
  if (Number(listen.slice(listen.lastIndexOf(':') + 1)) > 65535) {
    throw new Failure(`${nameIn('listen')} must have a port from 0 to 65535`, { hint: 'correct it', exitCode: 2 });
  }
  if ((cert === null) !== (key === null)) {
    const [set, missing] = cert === null ? ['tls_key_file', 'tls_cert_file'] : ['tls_cert_file', 'tls_key_file'];
    throw new Failure(`${nameIn(set)} is set without ${missing}`, { hint: 'set both or neither', exitCode: 2 });
  }
  checkReadable(cert, nameIn('tls_cert_file'));
  checkReadable(key, nameIn('tls_key_file'));
}

/** What the ledger calls the ways in that have no name of their own. */
const waysIn: readonly (readonly [string, string])[] = [
  ['http', 'the way in over HTTP'],
  ['smtp', 'the way in over SMTP'],
  ['stdin', 'the way in over standard input'],
  ['ingest', 'the command ingest'],
];

/** Names tell sources apart in the ledger, the metrics and the API. */
function checkNames(config: Config): void {
  const paths = new Map(waysIn);
  for (const kind of ['mailboxes', 'directories'] as const) {
    for (const [index, { name }] of config[kind].entries()) {
      const path = `${kind}[${index}]`;
      const other = paths.get(name);
      if (other !== undefined) {
        throw new Failure(`${path} and ${other} have the same name "${plainText(name, 60)}"`, {
          hint: `set ${path}.name to another one (a mailbox of RUAWATCH_IMAP_HOST and a folder of RUAWATCH_DIRECTORY count as well)`,
          exitCode: 2,
        });
      }
      paths.set(name, path);
    }
  }
}
