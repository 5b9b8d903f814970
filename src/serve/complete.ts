import { daySeconds, utcDay } from '../base/clock.js';
import { timeOf } from './reply.js';
import type { ServeContext } from './endpoint.js';

/** Nearly all reports of a day have arrived two days after its end. */
const lateSeconds = 2 * daySeconds;

/** Whether an event day (Unix seconds at midnight UTC) is not after the last complete one. */
export function isComplete(day: number, through: string | null): boolean {
  return through !== null && timeOf(day).slice(0, 10) <= through;
}

/** The last event day whose data should be complete, YYYY-MM-DD; null without data. */
export async function completeThrough(
  { reader, clock }: ServeContext,
  domains: readonly string[] | null,
): Promise<string | null> {
  const newest = await reader.newestDay(domains);
  if (newest === null) return null;
  const settled = utcDay(clock.now() / 1000 - lateSeconds - daySeconds);
  return timeOf(Math.min(newest, settled)).slice(0, 10);
}
