import type { ChannelConfig } from '../../config/config.js';
import type { OutboxMessage, StandingAlert } from '../../model/alert.js';
import type { Notice } from '../notice.js';
import { post } from '../post.js';
import type { Attempt, AttemptDeps } from '../post.js';

/** What is sent of a message of the outbox. */
export type Rendered = Pick<OutboxMessage, 'id' | 'type' | 'body'>;

/** One way to tell people. */
export interface ChannelType {
  /** What the outbox keeps and every attempt sends; holds no secret. Null: nothing of it belongs here. */
  render(notice: Notice): string | null;
  send(message: Rendered, channel: ChannelConfig, deps: AttemptDeps): Promise<Attempt>;
  /** It keeps what is open: `alerts` of any message, or `incidents` that only a message of their own ends. */
  readonly keeps?: 'alerts' | 'incidents';
  /** Milliseconds between two messages, where the receiver wants them apart. */
  readonly spacingMs?: number;
  /** For a receiver that forgets what is not said again: says every minute what is still open. */
  repeat?(
    standing: readonly StandingAlert[],
    channel: ChannelConfig,
    deps: AttemptDeps,
  ): Promise<Extract<Attempt, { kind: 'failed' }> | null>;
}

/** Posts JSON to a channel, with its secret as a bearer token where it has one. */
export function postJson(
  body: string,
  { url, channel, headers = {} }: { url: string; channel: ChannelConfig; headers?: Readonly<Record<string, string>> },
  deps: AttemptDeps,
): Promise<Attempt> {
  const secrets = [channel.secret ?? '', channel.url ?? ''];
  return post({ url, headers: { 'content-type': 'application/json', ...headers }, body, secrets }, deps);
}

export function bearer({ secret }: ChannelConfig): Record<string, string> {
  return secret === null ? {} : { authorization: `Bearer ${secret}` };
}

/** A kept body with what is known only when it is sent. */
export function completed(body: string, more: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...more, ...(JSON.parse(body) as object) });
}

/** The tone of a notice: over is good, else its severity. */
export function toneOf({ isOver, severity }: Notice): 'over' | Notice['severity'] {
  return isOver ? 'over' : severity;
}
