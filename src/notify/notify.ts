import { randomBytes } from 'node:crypto';
import { Failure } from '../base/failure.js';
import type { ChannelConfig } from '../config/config.js';
import { channelTypes } from './channels/channels.js';
import { composeTest } from './payload.js';
import type { AttemptDeps } from './post.js';
import { hostOf } from './post.js';
import { rendered } from './route.js';

export { channelsOf, routesOf } from './configured.js';
export { startDeliveries } from './deliveries.js';
export type { Deliveries, DeliveriesDeps } from './deliveries.js';
export { gatherNews } from './news.js';
export type { BacklogNews, Judged } from './news.js';
export { planMessages } from './plan.js';
export { record } from './record.js';
export { address } from './route.js';

/** Sends one `dmarc.test` message past the outbox. Resolves with a line for people; throws a Failure that says what went wrong. */
export async function sendTest(channel: ChannelConfig, deps: AttemptDeps): Promise<string> {
  const id = `msg_${randomBytes(12).toString('hex')}`;
  const test = composeTest(id, Math.floor(deps.clock.now() / 1000));
  const [message] = rendered(test, { name: channel.name, kind: channel.type });
  if (message === undefined) return 'takes no test message';
  const attempt = await channelTypes[channel.type].send(message, channel, deps);
  if (attempt.kind === 'aborted') throw refused(channel, 'stopped');
  if (attempt.kind === 'failed') throw refused(channel, attempt.message, attempt.hint);
  return `${attempt.message}, ${message.type} ${id}${attempt.warning === undefined ? '' : `; ${attempt.warning}`}`;
}

/** A channel for people: its type, and its host where that says something. */
export function channelTitle({ name, type, url }: ChannelConfig): string {
  return `${name} (${url === null ? type : `${type} ${hostOf(url)}`})`;
}

function refused(channel: ChannelConfig, reason: string, hint?: string): Failure {
  return new Failure(`the channel ${channelTitle(channel)} did not take a test message: ${reason}`, {
    hint:
      hint ??
      `check the url and the secret of ${channel.name}; docs/channels.md says what the type ${channel.type} needs`,
    retryable: true,
  });
}
