import type { AlertData, DigestData, MessageType, OutboxMessage } from './model/alert.js';
import type { Finding, RuleName, Severity, SourceClass } from './model/finding.js';
import type { EvaluationCommit } from './model/history.js';

/** One thing told, as `ruawatch backtest` prints it. */
export interface ToldLine {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** What is told of the finding; the message's own type when it tells no finding. */
  readonly type: MessageType;
  /** Null, as are domain, sender and class, when the message tells no finding. */
  readonly rule: RuleName | null;
  readonly domain: string | null;
  readonly sender: string | null;
  /** Those that the finding names. */
  readonly sourceIps: readonly string[];
  readonly class: SourceClass | null;
  readonly severity: Severity;
  readonly route: 'now' | 'digest';
  readonly summary: string;
  /** Why it fails, and what to do about it in the order to do it; null and none when the message tells no finding. */
  readonly why: string | null;
  readonly nextSteps: readonly string[];
}

/** A line for everything that the messages of an evaluation tell. `now` in Unix seconds; `find` by alert_id. */
export async function linesOf(
  change: EvaluationCommit,
  now: number,
  find: (alertId: string) => Promise<Finding | null>,
): Promise<ToldLine[]> {
  const changed = new Map(change.findings.map((each) => [each.publicId, each]));
  const at = new Date(now * 1000).toISOString().replace('.000Z', 'Z');
  const lines: ToldLine[] = [];
  for (const message of change.messages) {
    const { data } = JSON.parse(message.body) as { readonly data: AlertData | DigestData };
    const named = 'alert_id' in data ? [data.alert_id] : data.alerts.map((each) => each.alert_id);
    const told = change.findings.filter((each) => each.toldBy === message.id && each.toldAt === now);
    const ids = new Set([...named, ...told.map((each) => each.publicId)]);
    for (const id of ids) {
      const finding = changed.get(id) ?? (await find(id));
      if (finding !== null) lines.push({ at, ...lineOf(finding, message, data) });
    }
    if (ids.size === 0) lines.push({ at, ...bareLine(message, data) });
  }
  return lines;
}

function lineOf(finding: Finding, message: OutboxMessage, data: AlertData | DigestData): Omit<ToldLine, 'at'> {
  const { rule, domain, sender, severity, summary, evidence } = finding;
  const isOwn = 'alert_id' in data && data.alert_id === finding.publicId;
  const isGrouped = 'kind' in data && data.kind === 'grouped';
  return {
    type: isOwn ? message.type : listedAs(finding, data),
    rule,
    domain,
    sender,
    sourceIps: evidence.sources.map(({ ip }) => ip),
    class: evidence.class,
    severity,
    route: isOwn || isGrouped ? 'now' : 'digest',
    summary,
    why: evidence.why,
    nextSteps: evidence.next_steps,
  };
}

/** What a message about several findings tells of one; what it only counts was opened, or is over. */
function listedAs({ publicId, status }: Finding, data: AlertData | DigestData): MessageType {
  const listed = 'alerts' in data ? data.alerts.find((each) => each.alert_id === publicId) : undefined;
  return `dmarc.alert.${listed?.change ?? (status === 'open' ? 'opened' : 'resolved')}`;
}

function bareLine({ type }: OutboxMessage, { summary }: AlertData | DigestData): Omit<ToldLine, 'at'> {
  const nobody = { rule: null, domain: null, sender: null, sourceIps: [], class: null } as const;
  return { type, ...nobody, severity: 'info', route: 'digest', summary, why: null, nextSteps: [] };
}
