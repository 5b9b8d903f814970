import type { BacklogData, DigestData, DigestKind, OutboxMessage } from '../model/alert.js';
import type { Finding, Severity } from '../model/finding.js';
import { alertSummary, fits, message } from './payload.js';
import type { Letterhead } from './payload.js';

/** What goes into one digest. */
export interface Digest {
  readonly kind: DigestKind;
  readonly findings: readonly Finding[];
  readonly backlog?: BacklogData;
  readonly domains?: readonly { readonly domain: string; readonly messages: number; readonly pass: number }[];
}

const listed = 20;
const listedDomains = 30;
const gravity: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** One message for many findings, the gravest first. `listed`: those in its list; the others are only counted. */
export function composeDigest(
  id: string,
  digest: Digest,
  head: Letterhead,
): { readonly message: OutboxMessage; readonly listed: readonly Finding[] } {
  const ranked = [...digest.findings].sort(byGravity);
  for (let length = Math.min(listed, ranked.length); ; length--) {
    const chosen = ranked.slice(0, length);
    const composed = message(id, 'dmarc.digest.daily', head.now, digestData(digest, chosen, head));
    if (length === 0 || fits(composed.body)) return { message: composed, listed: chosen };
  }
}

function byGravity(one: Finding, other: Finding): number {
  return (
    Number(one.status === 'resolved') - Number(other.status === 'resolved') ||
    gravity[one.severity] - gravity[other.severity] ||
    other.evidence.window.failed - one.evidence.window.failed ||
    (one.publicId < other.publicId ? -1 : 1)
  );
}

function digestData(digest: Digest, chosen: readonly Finding[], head: Letterhead): DigestData {
  const { kind, findings, backlog, domains } = digest;
  const count = (severity: Severity) => findings.filter((each) => each.severity === severity).length;
  const resolved = findings.filter((each) => each.status === 'resolved').length;
  return {
    kind,
    summary: summaryOf(kind, findings.length, resolved, backlog),
    counts: {
      alerts: findings.length,
      critical: count('critical'),
      warning: count('warning'),
      info: count('info'),
      resolved,
    },
    alerts: chosen.map((each) => alertSummary(each, head, 3)),
    more: findings.length - chosen.length,
    ...(backlog === undefined ? {} : { backlog }),
    ...(domains === undefined ? {} : { pass_rates: domains.slice(0, listedDomains).map(passRate) }),
    links: { dashboard: `${head.publicUrl}/` },
  };
}

function passRate({ domain, messages, pass }: { domain: string; messages: number; pass: number }) {
  return { domain: domain.slice(0, 253), messages, passed: pass, pass_rate: messages === 0 ? null : pass / messages };
}

const openings: Readonly<Record<DigestKind, string>> = {
  daily: 'in the last day',
  grouped: 'at once',
  first_start: 'in what was there at the first start',
  backlog: 'in what arrived at once',
};

function summaryOf(kind: DigestKind, alerts: number, resolved: number, backlog: BacklogData | undefined): string {
  const failing = `${alerts} ${alerts === 1 ? 'finding' : 'findings'} ${openings[kind]}`;
  const over = resolved === 0 ? '' : `, ${resolved} of them over`;
  if (backlog === undefined) return failing + over;
  return `${failing}${over}: ${backlog.reports} reports for ${backlog.domains} domains, ${backlog.first_day} to ${backlog.last_day}`;
}
