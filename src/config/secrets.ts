import { readFileSync } from 'node:fs';
import Value from 'typebox/value';
import { Failure } from '../base/failure.js';
import type { Config } from './config.js';
import { expectation, remedy } from './check.js';
import type { Setting } from './setting.js';
import { unreadable } from './yaml-file.js';

/** A secret, its two sources, and what they are called in messages. */
export interface SecretSource {
  readonly setting: Setting;
  readonly name: string;
  readonly value: string | null | undefined;
  readonly fileName: string;
  readonly file: string | null;
}

/** The secret from its setting or its file; null when neither is there. Throws a Failure when both are, or the file is no good. */
export function resolveSecret(source: SecretSource): string | null {
  const value = source.value ?? null;
  if (source.file === null) return value;
  if (value !== null) {
    throw new Failure(`${source.name} and ${source.fileName} are both set`, { hint: 'keep one of them', exitCode: 2 });
  }
  const secret = secretIn(source.file, source.fileName);
  if (Value.Check(source.setting, secret)) return secret;
  throw new Failure(`${source.fileName} names ${source.file}, which must hold ${expectation(source.setting)}`, {
    hint: remedy(source.setting, secret),
    exitCode: 2,
  });
}

function secretIn(path: string, name: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Failure(`${name} names ${path}, which cannot be read: ${unreadable(error)}`, {
      hint: 'correct the path or let this user read the file',
      exitCode: 2,
    });
  }
  const secret = text.replace(/^\uFEFF/, '').replace(/[\r\n]+$/, '');
  if (secret !== '') return secret;
  throw new Failure(`${name} names ${path}, which is empty`, { hint: 'write the secret into the file', exitCode: 2 });
}

const hidden = '***';

/** The settings with every secret hidden, for the log. A webhook's address keeps its host only: its path is often a key. */
export function redacted(config: Config): Config {
  return {
    ...config,
    mailboxes: config.mailboxes.map((mailbox) => ({
      ...mailbox,
      password: mailbox.password === null ? null : hidden,
      oauth: mailbox.oauth && { ...mailbox.oauth, client_secret: mailbox.oauth.client_secret === null ? null : hidden },
    })),
    api_token: config.api_token === null ? null : hidden,
    push_token: config.push_token === null ? null : hidden,
    webhook: config.webhook && { ...config.webhook, url: hostOnly(config.webhook.url), secret: hidden },
    channels: config.channels.map((channel) => ({
      ...channel,
      url: channel.url === null ? null : hostOnly(channel.url),
      secret: channel.secret === null ? null : hidden,
    })),
  };
}

function hostOnly(address: string): string {
  if (!URL.canParse(address)) return hidden;
  const { protocol, host } = new URL(address);
  return `${protocol}//${host}/${hidden}`;
}
