import type { OutboxMessage } from '../model/alert.js';
import type { Finding } from '../model/finding.js';
import type { Telling, TellingCommit } from '../model/telling.js';
import { failedDaily, isGraver, reminderSeconds } from './news.js';
import type { Item, News } from './news.js';
import type { Plan, Told } from './plan.js';

/** What a plan leaves behind once its messages are in the outbox. */
export interface Recorded {
  /** Findings told for the first time, or never to be told. */
  readonly findings: readonly Finding[];
  readonly telling: TellingCommit;
}

/** Notes who was told what. `sent`: what at least one channel takes. */
export function record(news: News, plan: Plan, sent: readonly OutboxMessage[], now: number): Recorded {
  const ids = new Set(sent.map((each) => each.id));
  const told = new Set(plan.told.filter((each) => each.atOnce).map((each) => each.item.finding.domain));
  const domains = [...new Set([...told, ...plan.introduced])].map((domain) => ({
    domain,
    toldAt: told.has(domain) ? now : null,
    introducedAt: plan.introduced.includes(domain) ? now : null,
  }));
  return {
    findings: [
      ...plan.told.filter(({ item }) => item.finding.toldAt === null).map((each) => firstTold(each, ids, now)),
      ...news.unheard.map((each) => ({ ...each, toldAt: now, toldBy: 'ignored' })),
    ],
    telling: {
      tellings: [
        ...plan.told.flatMap((each) => tellingOf(each, ids, now)),
        ...plan.held.flatMap((each) => owing(each)),
      ],
      domains,
      stormAt: plan.isStorm ? now : null,
      weeklyAt: news.week !== null || (news.pace.weeklyAt === null && news.backlog !== null) ? now : null,
    },
  };
}

function firstTold({ item, as, by }: Told, sent: ReadonlySet<string>, now: number): Finding {
  const { finding } = item;
  const isSent = sent.has(by);
  const evidence = { ...finding.evidence, told_as: isSent ? as : 'counted' };
  return { ...finding, toldAt: now, toldBy: isSent ? by : 'none', evidence };
}

function tellingOf({ item, atOnce, by }: Told, sent: ReadonlySet<string>, now: number): Telling[] {
  const { finding, change, telling } = item;
  // Without a channel there is nobody to remind.
  if (telling === null && !sent.has(by)) return [];
  const isOver = finding.status === 'resolved';
  const isNews = change === 'opened' || (telling !== null && isGraver(finding, telling));
  const ackedAt = isOver || (isNews && change !== 'opened') ? null : (telling?.ackedAt ?? null);
  const told = change === 'reminder' && telling !== null ? telling.failed : failedDaily(finding.evidence);
  return [
    {
      publicId: finding.publicId,
      severity: finding.severity,
      failed: told,
      owed: null,
      owedSince: null,
      remindAt: isOver || finding.severity === 'info' || ackedAt !== null ? null : now + reminderSeconds,
      alertedAt: change !== 'opened' && telling?.alertedAt ? telling.alertedAt : atOnce ? now : null,
      ackedAt,
    },
  ];
}

/** A reminder that waits is due all the same, and what was never told is known to be so. */
function owing({ change, since, telling }: Item): Telling[] {
  if (telling === null || change === 'opened' || change === 'reminder') return [];
  return [{ ...telling, owed: change, owedSince: since }];
}
