import type { RuleScope } from '../model/finding.js';
import { mailOutcomes } from '../model/outcome.js';
import { authenticities } from '../model/part.js';
import { verdicts } from '../model/report.js';
import type { SourceClass } from '../model/sender.js';

/** Stands for every value that has no label of its own. */
export const otherLabel = '__other__';

/** The sets that label values come from. All but `domain` are closed when the process starts. */
export type LabelSet = keyof ReturnType<typeof labelSets> | 'domain';

export interface NamedLabels {
  /** Configured mailboxes and directories. */
  readonly mailboxes: readonly string[];
  readonly channels: readonly string[];
  readonly rules: Readonly<Record<string, RuleScope>>;
}

/** Label values of a set, in the order they are exposed. An unknown value becomes `other` where the set has it, else `__other__`. */
export function labelSets({ mailboxes, channels, rules }: NamedLabels) {
  return {
    result: verdicts as readonly string[],
    sourceClass: ['known', 'third_party', 'forwarder', 'unauthenticated', 'unknown'] satisfies readonly SourceClass[],
    disposition: ['none', 'quarantine', 'reject', 'pass', 'other'],
    policy: ['none', 'quarantine', 'reject'],
    outcome: mailOutcomes as readonly string[],
    authenticity: authenticities as readonly string[],
    mailbox: mailboxes,
    channel: channels,
    rule: Object.keys(rules),
    severity: ['critical', 'warning', 'info'],
    reportFailure: ['bad_xml', 'limit', 'unsupported', 'conflict', 'other'],
    pollFailure: ['auth', 'connect', 'tls', 'timeout', 'protocol', 'store', 'other'],
    notificationFailure: ['timeout', 'connect', 'http_3xx', 'http_4xx', 'http_5xx', 'rate_limited', 'gone', 'other'],
    operation: ['read', 'write', 'migrate', 'maintenance'],
    file: ['main', 'wal'],
    foldedLabel: ['domain'],
  };
}

/** What reports call a domain may be any text. */
const isDomain = /^[\w.-]{1,253}$/;

/** Domains that have a label of their own: the configured ones, else the first learnt up to a bound. Once given, a label is never taken back, so no counter runs backwards. */
export class DomainLabels {
  readonly #own: Set<string>;
  readonly #room: number;
  #areKnown: boolean;

  constructor(configured: readonly string[], maxLearnt: number) {
    this.#own = new Set(configured.map((name) => name.toLowerCase()));
    this.#room = configured.length > 0 ? 0 : maxLearnt;
    this.#areKnown = configured.length > 0;
  }

  /** Takes in domains while there is room; the caller gives those first that were seen first, for volumes are what a forger states. */
  learn(domains: readonly string[]): void {
    this.#areKnown = true;
    for (const domain of domains) {
      if (this.#own.size >= this.#room) return;
      if (isDomain.test(domain) && domain !== otherLabel) this.#own.add(domain);
    }
  }

  labelOf(domain: string): string {
    // Alerts about the service itself have no domain.
    return domain === '' || this.#own.has(domain) ? domain : otherLabel;
  }

  /** Before the store was read, all would be taken for others. */
  get areKnown(): boolean {
    return this.#areKnown;
  }

  /** How many have a label of their own; it never falls. */
  get size(): number {
    return this.#own.size;
  }

  /** Labels to expose. */
  values(): string[] {
    return [...this.#own];
  }
}

/** Brings label values into their sets, and lists every combination of them that there can be. */
export class ClosedLabels {
  readonly #sets: Readonly<Record<string, readonly string[]>>;
  readonly #rules: NamedLabels['rules'];
  readonly domains: DomainLabels;

  constructor(named: NamedLabels, domains: DomainLabels) {
    this.#sets = labelSets(named);
    this.#rules = named.rules;
    this.domains = domains;
  }

  close(names: Readonly<Record<string, LabelSet>>, labels: Readonly<Record<string, string>>): Record<string, string> {
    const closed = Object.entries(names).map(
      ([name, set]) => [name, this.closedValue(set, labels[name] ?? '')] as const,
    );
    return Object.fromEntries(closed);
  }

  combinations(names: Readonly<Record<string, LabelSet>>): Record<string, string>[] {
    let found: Record<string, string>[] = [{}];
    for (const [name, set] of Object.entries(names)) {
      found = found.flatMap((labels) =>
        this.#values(set, labels['rule']).map((value) => ({ ...labels, [name]: value })),
      );
    }
    return found;
  }

  /** A rule, named before its domain and severity, has few of them. */
  #values(set: LabelSet, rule = ''): readonly string[] {
    const scope = this.#rules[rule];
    if (set === 'domain') return scope?.about === 'service' ? [''] : this.domains.values();
    if (set === 'severity' && scope) return scope.severities;
    return this.#sets[set] ?? [];
  }

  closedValue(set: LabelSet, value: string): string {
    if (set === 'domain') return this.domains.labelOf(value);
    const values = this.#sets[set] ?? [];
    if (values.includes(value) || (set === 'mailbox' && waysIn.includes(value))) return value;
    return values.includes('other') ? 'other' : otherLabel;
  }
}

/** What the ledger calls mails that no mailbox brought. */
const waysIn: readonly string[] = ['ingest', 'stdin', 'http', 'smtp'];
