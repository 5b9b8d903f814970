import type { DayCount, Mechanism, RuleName } from '../../model/finding.js';
import type { KindDay } from '../../model/sender.js';

/** Messages of a day by what a rule asks: `failed` of `messages`. */
type Ask = (day: KindDay) => DayCount;

/**
 * What was forwarded on the way says nothing of the sender. What looks relayed counts: a sender whose SPF passed is no forwarder, and
 * a server that was lost from the SPF record looks the same.
 */
const asks: Readonly<Record<Mechanism, Ask>> = {
  dmarc: (day) => count(day, ours(day)),
  dkim: (day) => count(day, day.spf + ours(day)),
  spf: (day) => ({
    day: day.day,
    messages: day.both + day.dkim + day.relayed + day.spf + ours(day),
    failed: day.dkim + day.relayed + ours(day),
  }),
};

function ours({ signed, elsewhere, error, nothing }: KindDay): number {
  return signed + elsewhere + error + nothing;
}

function count(day: KindDay, failed: number): DayCount {
  const { both, dkim, relayed, spf } = day;
  return { day: day.day, messages: both + dkim + relayed + spf + ours(day), failed };
}

/** A known sender's days as the verdict, or one leg of it, sees them; those without messages left out. */
export function legDays(days: readonly KindDay[], mechanism: Mechanism): DayCount[] {
  return days.map(asks[mechanism]).filter((each) => each.messages > 0);
}

/** All messages by verdict, whoever is to blame. */
export function verdictDays(days: readonly KindDay[]): DayCount[] {
  return days
    .map((day) => {
      const { messages, failed } = asks.dmarc(day);
      return { day: day.day, messages: messages + day.forwarded, failed: failed + day.forwarded };
    })
    .filter((each) => each.messages > 0);
}

/** The sum of several sources' or reporters' days; ascending. Written out: every follow-up of a finding adds thousands. */
export function sumKinds(all: readonly (readonly KindDay[])[]): KindDay[] {
  const sums = new Map<number, Sum>();
  for (const days of all) {
    for (const each of days) {
      const { day, both, dkim, relayed, spf, forwarded, signed, elsewhere, error, nothing } = each;
      const sum = sums.get(day);
      if (sum === undefined) {
        sums.set(day, { day, both, dkim, relayed, spf, forwarded, signed, elsewhere, error, nothing });
        continue;
      }
      sum.both += both;
      sum.dkim += dkim;
      sum.relayed += relayed;
      sum.spf += spf;
      sum.forwarded += forwarded;
      sum.signed += signed;
      sum.elsewhere += elsewhere;
      sum.error += error;
      sum.nothing += nothing;
    }
  }
  return [...sums.values()].sort((one, other) => one.day - other.day);
}

type Sum = { -readonly [K in keyof KindDay]: KindDay[K] };

/** The days as a rule counts them: its findings show, and end by, the same counts that opened them. */
export function daysOf(days: readonly KindDay[], rule: RuleName, mechanism: Mechanism): DayCount[] {
  return rule === 'known_sender_failing' || rule === 'mechanism_broken' ? legDays(days, mechanism) : verdictDays(days);
}
