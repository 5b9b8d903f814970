import { daySeconds } from '../../base/clock.js';
import type { DomainReport } from '../../model/domain-facts.js';
import type { Finding } from '../../model/finding.js';
import { daysBefore, median, volumeOn, volumes } from './days.js';

const baselineDays = 28;
const rise = 0.05;
const leastFailed = 3;
const spike = 50;
const spikeRise = 5;

/**
 * Whether the reports give reason to read what each sender sent: that costs a hundred times what the reports cost. Days that
 * fail more than before, days with many failures, or an open finding about either.
 */
export function needsSenders(
  reports: readonly DomainReport[],
  newDays: readonly number[],
  open: readonly Finding[],
): boolean {
  if (open.some((each) => each.rule === 'domain_alignment_drop' || each.rule === 'spoofing_spike')) return true;
  const days = volumes(reports);
  const since = reports[0]?.firstDay ?? 0;
  const failedOn = (day: number) => volumeOn(days, day).messages - volumeOn(days, day).pass;
  return newDays.some((day) => {
    const before = daysBefore(day, baselineDays, since);
    const sums = before.map((each) => volumeOn(days, each));
    const messages = sums.reduce((sum, each) => sum + each.messages, 0);
    const failed = messages - sums.reduce((sum, each) => sum + each.pass, 0);
    const usual = messages > 0 ? failed / messages : 0;
    const now = failedOn(day);
    if (now >= spike && now >= spikeRise * median(before.map(failedOn))) return true;
    // Of a break that began days ago, the days before the newest are in its window too.
    const last = [0, 1, 2, 3, 4].map((back) => volumeOn(days, day - back * daySeconds));
    return last.some((each) => {
      const fails = each.messages - each.pass;
      return fails >= leastFailed && fails / each.messages >= usual + rise;
    });
  });
}
