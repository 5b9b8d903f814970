import { Failure } from '../base/failure.js';
import { plainText } from '../base/text.js';
import type { ChannelConfig, WebhookConfig } from './config.js';

export type ChannelDraft = Omit<ChannelConfig, 'digest' | 'weekly'> & Partial<Pick<ChannelConfig, 'digest' | 'weekly'>>;

/** How the settings of a channel are called in messages, and how its secrets are read. */
export interface ChannelPlace {
  /** `channels[0]` */
  readonly path: string;
  secret(key: 'url' | 'secret'): string | null;
}

type Field = 'url' | 'secret' | 'user' | 'ca_file' | 'from' | 'to';

interface Wants {
  readonly needs: readonly Field[];
  readonly may: readonly Field[];
  /** How its url begins. */
  readonly scheme: RegExp;
  readonly example: string;
}

const web = /^https?:/;

/** What each type cannot do without, and what else it understands. */
const wants: Readonly<Record<ChannelConfig['type'], Wants>> = {
  webhook: { needs: ['url', 'secret'], may: [], scheme: web, example: 'https://hooks.example.org/ruawatch' },
  slack: { needs: ['url'], may: [], scheme: web, example: 'https://hooks.slack.com/services/T…/B…/…' },
  discord: { needs: ['url'], may: [], scheme: web, example: 'https://discord.com/api/webhooks/…/…' },
  teams: { needs: ['url'], may: [], scheme: web, example: 'https://….logic.azure.com/workflows/…' },
  ntfy: { needs: ['url'], may: ['secret'], scheme: web, example: 'https://ntfy.sh/TOPIC' },
  pagerduty: { needs: ['secret'], may: ['url'], scheme: web, example: 'https://events.eu.pagerduty.com' },
  alertmanager: { needs: ['url'], may: ['secret'], scheme: web, example: 'http://127.0.0.1:9093' },
  apprise: { needs: ['url'], may: ['secret'], scheme: web, example: 'http://127.0.0.1:8000/notify/KEY?tag=ops' },
  email: {
    needs: ['url', 'from', 'to'],
    may: ['user', 'secret', 'ca_file'],
    scheme: /^smtp/,
    example: 'smtp://mail.example.org:587',
  },
};

/** Reads the secrets of a channel, fills in what depends on its type and refuses what does not fit it. Throws a Failure. */
export function resolveChannel(draft: ChannelDraft, place: ChannelPlace): ChannelConfig {
  const digest = draft.digest ?? (draft.type !== 'pagerduty' && draft.type !== 'alertmanager');
  const channel: ChannelConfig = {
    ...draft,
    url: place.secret('url'),
    secret: place.secret('secret'),
    digest,
    weekly: draft.weekly ?? digest,
  };
  checkFields(channel, place.path);
  checkUrl(channel, place.path);
  checkLogin(channel, place.path);
  checkZone(channel.quiet_hours, place.path);
  return channel;
}

function checkFields(channel: ChannelConfig, path: string): void {
  const { needs, may } = wants[channel.type];
  const isSet = (field: Field) => channel[field] !== null && channel[field]?.length !== 0;
  for (const field of needs) {
    if (!isSet(field)) throw wrong(`${path}.${field} is not set, and a ${channel.type} channel needs it`, 'set it');
  }
  for (const field of ['url', 'secret', 'user', 'ca_file', 'from', 'to'] as const) {
    if (needs.includes(field) || may.includes(field) || !isSet(field)) continue;
    throw wrong(`${path}.${field} means nothing for a ${channel.type} channel`, 'remove it');
  }
}

function checkUrl({ type, url }: ChannelConfig, path: string): void {
  const { scheme, example } = wants[type];
  if (url !== null && (!URL.canParse(url) || !scheme.test(url))) {
    throw wrong(`${path}.url is no address for a ${type} channel`, `write for example ${example}`);
  }
  if (type === 'ntfy' && !/\/[\w-]{1,64}$/.test(new URL(url ?? '').pathname)) {
    throw wrong(`${path}.url must end with the topic`, `write for example ${example}`);
  }
}

function checkLogin({ type, url, user, secret, ca_file }: ChannelConfig, path: string): void {
  if (type === 'webhook' && !/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret ?? '')) {
    throw wrong(
      `${path}.secret must be whsec_ followed by base64`,
      'make one with: echo "whsec_$(openssl rand -base64 32)"',
    );
  }
  if (type !== 'email') return;
  if ((user === null) !== (secret === null)) {
    throw wrong(`${path} has one of user and secret without the other`, 'set both or neither');
  }
  if (ca_file !== null && url?.startsWith('smtp+notls:')) {
    throw wrong(`${path}.ca_file means nothing without TLS`, 'remove it, or write smtps:// or smtp:// in the url');
  }
}

function checkZone(quiet: string | null, path: string): void {
  const [, zone = 'UTC'] = (quiet ?? '').split(' ');
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    throw wrong(
      `${path}.quiet_hours names the time zone ${plainText(zone, 60)}, which is not known`,
      'write it as in 22:00-07:00 Europe/Berlin',
    );
  }
}

/** Names tell channels apart in the outbox, the log and the metrics. */
export function checkChannelNames(channels: readonly ChannelConfig[], webhook: WebhookConfig | null): void {
  const paths = new Map(webhook === null ? [] : [['webhook', 'the channel of webhook.url']]);
  for (const [index, { name }] of channels.entries()) {
    const other = paths.get(name);
    if (other !== undefined) {
      throw wrong(`channels[${index}] and ${other} have the same name "${name}"`, 'give one of them another name');
    }
    paths.set(name, `channels[${index}]`);
  }
}

function wrong(message: string, hint: string): Failure {
  return new Failure(message, { hint, exitCode: 2 });
}
