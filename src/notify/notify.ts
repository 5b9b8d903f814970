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
  if (attempt.kind !== 'delivered') throw refused(channel, attempt.kind === 'failed' ? attempt.message : 'stopped');
  return `${attempt.message}, ${message.type} ${id}${attempt.warning === undefined ? '' : `; ${attempt.warning}`}`;
}

/** A channel for people: its type, and its host where that says something. */
export function channelTitle({ name, type, url }: ChannelConfig): string {
  return `${name} (${url === null ? type : `${type} ${hostOf(url)}`})`;
}

/** OpenSSL's words, as Node passes them on. */
const strangeAuthority = /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT|SELF_SIGNED_CERT/;

function refused(channel: ChannelConfig, reason: string): Failure {
  return new Failure(`the channel ${channelTitle(channel)} did not take a test message: ${reason}`, {
    hint: strangeAuthority.test(reason)
      ? 'its certificate is from an authority that is not a public one: name the PEM file of that authority in NODE_EXTRA_CA_CERTS'
      : `check the url and the secret of ${channel.name}; docs/channels.md says what a ${channel.type} channel needs`,
    retryable: true,
  });
}
