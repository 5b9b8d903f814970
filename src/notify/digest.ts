import { plainText } from '../base/text.js';
import type { BacklogData, DigestData, DigestKind, Message, WeekData } from '../model/alert.js';
import type { Finding, Severity } from '../model/finding.js';
import type { Change, SendersOfClass, WeekFacts } from '../model/telling.js';
import { lookAt } from './look.js';
import { alertSummary, fits } from './payload.js';
import type { Letterhead } from './payload.js';

/** What goes into one digest. */
export interface Digest {
  readonly kind: DigestKind;
  readonly findings: readonly Finding[];
  /** By public id. */
  readonly changes?: ReadonlyMap<string, Change>;
  /** Senders of the domains, whether they fail or not. */
  readonly senders?: readonly SendersOfClass[];
  readonly backlog?: BacklogData;
  readonly domains?: readonly { readonly domain: string; readonly messages: number; readonly pass: number }[];
  readonly week?: WeekFacts;
}

/** A message and what it was made of: a channel that is told of some of the findings gets one about these. */
export interface PlannedMessage {
  readonly message: Message;
  readonly findings: readonly Finding[];
  /** Null for an alert of its own. */
  readonly digest: Digest | null;
  /** Only for channels that keep what is open, or only for those that keep incidents. */
  readonly onlyFor?: 'keepers' | 'incidents';
}

/** Listed by name; a message at once is to be read at a glance. */
const listed: Readonly<Record<DigestKind, number>> = {
  daily: 20,
  weekly: 10,
  first_start: 20,
  new_domain: 20,
  backlog: 20,
  grouped: 5,
  storm: 20,
};
const listedDomains = 30;
const lookedAt = 12;
const shares: readonly number[] = [1, 0.75, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05, 0];
const gravity: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** One message for many findings, the gravest first. `listed`: those in its list; the others are only counted. */
export function composeDigest(
  id: string,
  digest: Digest,
  head: Letterhead,
): { readonly message: Message; readonly listed: readonly Finding[] } {
  const ranked = [...digest.findings].sort(byGravity);
  for (const share of shares) {
    const chosen = ranked.slice(0, Math.ceil(listed[digest.kind] * share));
    const data = digestData(digest, chosen, head, share);
    const message = { id, type: 'dmarc.digest.daily', at: head.now, data } as const;
    if (share === 0 || fits(message)) return { message, listed: chosen };
  }
  throw new RangeError('the last share is 0');
}

function byGravity(one: Finding, other: Finding): number {
  return (
    Number(one.status === 'resolved') - Number(other.status === 'resolved') ||
    gravity[one.severity] - gravity[other.severity] ||
    other.evidence.window.failed - one.evidence.window.failed ||
    // Equals stand by policy domain, then in an order that is the same each time the same is told.
    order(one.domain, other.domain) ||
    order(one.fingerprint, other.fingerprint) ||
    one.openedAt - other.openedAt
  );
}

function order(one: string, other: string): number {
  return Number(one > other) - Number(one < other);
}

function digestData(digest: Digest, chosen: readonly Finding[], head: Letterhead, share: number): DigestData {
  const { kind, findings, changes, backlog, domains, senders, week } = digest;
  const count = (severity: Severity) => findings.filter((each) => each.severity === severity).length;
  const resolved = findings.filter((each) => each.status === 'resolved').length;
  const looks = hasLooks(kind)
    ? lookAt(findings, domains ?? [], senders ?? []).slice(0, Math.ceil(lookedAt * share))
    : null;
  const rates = domains?.slice(0, Math.ceil(listedDomains * share));
  return {
    kind,
    summary: summaryOf(digest, resolved),
    counts: {
      alerts: findings.length,
      critical: count('critical'),
      warning: count('warning'),
      info: count('info'),
      resolved,
    },
    alerts: chosen.map((each) => ({ ...alertSummary(each, head, 3), ...changeOf(changes, each) })),
    more: findings.length - chosen.length,
    ...(backlog === undefined ? {} : { backlog }),
    ...(rates === undefined ? {} : { pass_rates: rates.map(passRate) }),
    ...(looks === null ? {} : { domains: looks }),
    ...(week === undefined ? {} : { week: weekData(week, share) }),
    links: { dashboard: `${head.publicUrl}/` },
  };
}

function changeOf(changes: Digest['changes'], { publicId }: Finding): { readonly change?: Change } {
  const change = changes?.get(publicId);
  return change === undefined ? {} : { change };
}

function hasLooks(kind: DigestKind): boolean {
  return kind === 'first_start' || kind === 'new_domain' || kind === 'backlog';
}

function passRate({ domain, messages, pass }: { domain: string; messages: number; pass: number }) {
  return {
    domain: plainText(domain, 253),
    messages,
    passed: pass,
    pass_rate: messages === 0 ? null : pass / messages,
  };
}

function weekData(week: WeekFacts, share: number): WeekData {
  const { from, to, domains, failing, reporters, changed } = week;
  const resolved = changed.filter((each) => each.status === 'resolved').length;
  return {
    from,
    to,
    opened: changed.length - resolved,
    resolved,
    pass_rates_before: domains
      .slice(0, Math.ceil(listedDomains * share))
      .map(({ domain, before }) => passRate({ domain, ...before })),
    failing_senders: failing
      .slice(0, Math.ceil(10 * share))
      .map((each) => ({ ...each, domain: plainText(each.domain, 253), sender: plainText(each.sender, 253) })),
    reporters: reporters.slice(0, Math.ceil(20 * share)).map((each) => ({ ...each, name: plainText(each.name, 100) })),
  };
}

const openings: Readonly<Record<DigestKind, string>> = {
  daily: 'in the last day',
  weekly: '',
  grouped: 'at once',
  storm: 'within an hour',
  first_start: 'in what was there at the first start',
  new_domain: 'in the first reports about a domain',
  backlog: 'in what arrived at once',
};

function summaryOf({ kind, findings, backlog, week }: Digest, resolved: number): string {
  if (week !== undefined) return weekSummary(week);
  const alerts = findings.length;
  const failing = `${alerts} ${alerts === 1 ? 'finding' : 'findings'} ${openings[kind]}`;
  const over = resolved === 0 ? '' : `, ${resolved} of them over`;
  if (backlog === undefined) return failing + over;
  return `${failing}${over}: ${backlog.reports} reports for ${backlog.domains} domains, ${backlog.first_day} to ${backlog.last_day}`;
}

function weekSummary({ from, to, domains, changed, reporters }: WeekFacts): string {
  const resolved = changed.filter((each) => each.status === 'resolved').length;
  const reports = reporters.reduce((sum, each) => sum + each.reports, 0);
  return `${from} to ${to}: ${domains.length} domains, ${reports} reports, ${changed.length - resolved} alerts opened and still open, ${resolved} over`;
}
