import { daySeconds } from '../base/clock.js';

/** End of the period of `reports r`; a stated one that the event day contradicts is not believed. */
export const reportEnd = `min(max(r.end_at, r.last_day), r.last_day + ${2 * daySeconds})`;
