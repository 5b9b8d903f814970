import type { Finding, Severity, SourceClass } from './finding.js';

/** What happened to a finding since it was told last. */
export type Change = 'opened' | 'updated' | 'reminder' | 'resolved';

/** What people were told of a finding last, and what they said of it. Times are Unix seconds. */
export interface Telling {
  readonly publicId: string;
  readonly severity: Severity;
  /** Failing messages a day. */
  readonly failed: number;
  /** A change that nobody was told of yet. */
  readonly owed: 'updated' | 'resolved' | null;
  readonly owedSince: number | null;
  /** Null: no reminder. */
  readonly remindAt: number | null;
  /** When it was told at once; null: in a digest. */
  readonly alertedAt: number | null;
  readonly ackedAt: number | null;
}

/** What a policy domain was told, and how long it is known. Times are Unix seconds. */
export interface DomainTelling {
  readonly domain: string;
  /** Last message at once. */
  readonly toldAt: number | null;
  /** When its first summary went out. */
  readonly introducedAt: number | null;
  /** First event day of its reports; null: no report names it. */
  readonly firstDay: number | null;
}

/** How much was told lately. Times are Unix seconds. */
export interface Pace {
  /** Alerts told at once in the hour before, and how many of them critical. */
  readonly recent: number;
  readonly recentCritical: number;
  /** The last message that stood for a storm. */
  readonly stormAt: number | null;
  readonly weeklyAt: number | null;
}

/** The senders of one class of a policy domain. */
export interface SendersOfClass {
  readonly domain: string;
  readonly class: SourceClass;
  /** Titles of those with most source IPs; at most a few. */
  readonly names: readonly string[];
  readonly count: number;
}

/** A week of event days (`2026-09-01`, both included), with the week before it. */
export interface WeekFacts {
  readonly from: string;
  readonly to: string;
  readonly domains: readonly {
    readonly domain: string;
    readonly messages: number;
    readonly pass: number;
    readonly before: { readonly messages: number; readonly pass: number };
  }[];
  /** Reports that arrived in the last 7 days, and in the 7 days before. */
  readonly reporters: readonly { readonly name: string; readonly reports: number; readonly before: number }[];
  /** Senders with findings, the most failing messages first. */
  readonly failing: readonly {
    readonly domain: string;
    readonly sender: string;
    readonly class: SourceClass;
    readonly messages: number;
    readonly failed: number;
  }[];
  /** Opened or resolved in the last 7 days, at most 500. */
  readonly changed: readonly Finding[];
}

/** What an evaluation leaves behind of its telling; null: as it was. */
export interface TellingCommit {
  readonly tellings: readonly Telling[];
  readonly domains: readonly Omit<DomainTelling, 'firstDay'>[];
  readonly stormAt: number | null;
  readonly weeklyAt: number | null;
}

/** What was told so far. `now` is Unix seconds. */
export interface Tellings {
  of(publicIds: readonly string[]): Promise<ReadonlyMap<string, Telling>>;
  /** Findings of which a change is owed, and open ones whose reminder is due. */
  owed(now: number): Promise<readonly { readonly finding: Finding; readonly telling: Telling }[]>;
  /** Until when findings are ignored, by fingerprint. */
  ignored(now: number): Promise<ReadonlyMap<string, number>>;
  domains(names: readonly string[]): Promise<ReadonlyMap<string, DomainTelling>>;
  pace(now: number): Promise<Pace>;
  /** Of these domains, whether their mail passes or fails. */
  senders(domains: readonly string[]): Promise<readonly SendersOfClass[]>;
  week(now: number): Promise<WeekFacts>;
}

/** What the operator does to an alert. `until`: Unix seconds. */
export type AlertAction =
  { readonly kind: 'ack' } | { readonly kind: 'ignore'; readonly until: number } | { readonly kind: 'resolve' };

/** `gone`: there is no such alert. `over`: it is resolved already. */
export type ActionResult = 'done' | 'gone' | 'over';
