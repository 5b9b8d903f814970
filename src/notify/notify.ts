import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.js';
import { Failure } from '../base/failure.js';
import { composeTest } from './payload.js';
import { hostOf, post } from './webhook.js';
import type { WebhookTarget } from './webhook.js';

export { openBell } from './bell.js';
export type { Bell } from './bell.js';
export { runDelivery } from './delivery.js';
export type { DeliveryDeps } from './delivery.js';
export { planMessages } from './plan.js';
export type { News, Plan, Told } from './plan.js';
export { composeTest } from './payload.js';
export type { WebhookTarget } from './webhook.js';

/** Posts one `dmarc.test` message past the outbox. Resolves with a line for people; throws a Failure that says what went wrong. */
export async function sendTest(
  target: WebhookTarget,
  deps: { readonly clock: Clock; readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<string> {
  const message = composeTest(`msg_${randomBytes(12).toString('hex')}`, Math.floor(deps.clock.now() / 1000));
  const attempt = await post(target, message, deps);
  if (attempt.kind === 'delivered') return `answered ${attempt.status} to ${message.type} ${message.id}`;
  const reason = attempt.kind === 'failed' ? attempt.message : 'stopped';
  throw new Failure(`the webhook at ${hostOf(target)} did not take a test message: ${reason}`, {
    hint: 'check webhook.url and webhook.secret, and that the receiver answers 2xx',
    retryable: true,
  });
}
