import { messageOf } from '../base/failure.js';
import { plainText } from '../base/text.js';
import type { ReadyAnswer } from '../model/api.js';
import type { MailboxState } from '../observe/observe.js';
import type { ServeContext } from './endpoint.js';
import { timeOf } from './reply.js';

type Check = ReadyAnswer['checks'][number];

const leastSeconds = 600;

/** Whether the store can be read, could be written the last time, and every mailbox was polled within three polls or ten minutes, whichever is longer. */
export async function readiness(context: ServeContext): Promise<ReadyAnswer> {
  const now = context.clock.now() / 1000;
  const checks = [await storeCheck(context), ...context.health.mailboxes().map((state) => mailboxCheck(state, now))];
  return { status: checks.every(({ ok }) => ok) ? 'ok' : 'unready', checks };
}

async function storeCheck({ reader, health }: ServeContext): Promise<Check> {
  try {
    await reader.ping();
    const fault = health.storeFault();
    if (fault !== null) return { name: 'store', ok: false, detail: plainText(`it cannot be written: ${fault}`, 500) };
    return { name: 'store', ok: true, detail: 'readable and writable' };
  } catch (error) {
    return { name: 'store', ok: false, detail: plainText(messageOf(error)) };
  }
}

function mailboxCheck({ name, pollSeconds, lastProgressAt, lastError }: MailboxState, now: number): Check {
  const why = lastError === null ? '' : `: ${lastError}`;
  if (lastProgressAt === null) return { name: `mailbox ${name}`, ok: false, detail: `not polled yet${why}` };
  const ok = now - lastProgressAt <= Math.max(3 * pollSeconds, leastSeconds);
  return { name: `mailbox ${name}`, ok, detail: `last polled ${timeOf(lastProgressAt)}${ok ? '' : why}` };
}
