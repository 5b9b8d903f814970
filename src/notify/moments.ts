import { daySeconds, utcDay } from '../base/clock.js';

const weekSeconds = 7 * daySeconds;
/** Weekly summaries go out on Mondays; 1970-01-05 was one. */
const firstMonday = 4 * daySeconds;
const weeklyAt = '06:00';

/** The last time that it was `07:30` UTC, Unix seconds. */
export function lastMoment(now: number, clock: string): number {
  const today = utcDay(now) + secondsOf(clock);
  return today <= now ? today : today - daySeconds;
}

/** The last Monday at `digestAt`, else at six in the morning UTC. */
export function weeklyMoment(now: number, digestAt: string | null): number {
  const start = firstMonday + secondsOf(digestAt ?? weeklyAt);
  return start + Math.floor((now - start) / weekSeconds) * weekSeconds;
}

export function nextWeekly(now: number, digestAt: string | null): number {
  return weeklyMoment(now, digestAt) + weekSeconds;
}

function secondsOf(clock: string): number {
  const [hours = '0', minutes = '0'] = clock.split(':');
  return Number(hours) * 3600 + Number(minutes) * 60;
}
