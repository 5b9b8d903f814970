import type { DayCount, Dispositions, Finding, RuleName } from './finding.js';
import type { OutboxMessage } from './alert.js';
import type { RecordGroup } from './record-group.js';
import type { KindDay } from './sender.js';
import type { TellingCommit } from './telling.js';

/** Reports by store id: more than `after`, at most `through`. */
export interface ReportSpan {
  readonly after: number;
  readonly through: number;
}

/** How far the watch has come. */
export interface Progress {
  readonly evaluatedReportId: number;
  readonly newestReportId: number;
  /** Unix seconds; null before the first evaluation that saw a report. */
  readonly firstCatchUpDoneAt: number | null;
}

/** What came with a span of reports (those of authenticity `failed` left out). Days are Unix seconds. */
export interface Arrivals {
  readonly reports: number;
  /** Distinct first days of the reports. */
  readonly days: number;
  readonly firstDay: number;
  readonly lastDay: number;
  readonly domains: readonly { readonly domain: string; readonly messages: number; readonly pass: number }[];
}

/** A source IP of a policy domain that a span of reports gives reason to look at. */
export interface TouchedSource {
  readonly domainId: number;
  readonly domain: string;
  readonly sourceId: number;
  readonly ip: string;
  readonly failed: number;
  readonly firstArrival: number;
  /** It failed for this domain in a report at or before the span's `after`. */
  readonly failedBefore: boolean;
  /** No report at or before the span's `after` names the domain. */
  readonly newDomain: boolean;
  /** Messages of the span that pass by SPF alone, from a source whose DKIM passed within six weeks. */
  readonly dkimFailed: number;
  /** Messages of the span that pass by DKIM alone, from a source whose SPF passed within six weeks. */
  readonly spfFailed: number;
}

export interface TouchedSources {
  readonly sources: readonly TouchedSource[];
  /** Failing sources past the bound that never failed before. */
  readonly rest: readonly RestOfSources[];
}

/** What one reporter said of one source IP on one day. */
export interface SourceKindDay extends KindDay {
  readonly sourceId: number;
  readonly ip: string;
  readonly reporterId: number;
}

/** The policy that a domain's newest report names; absent is null. */
export interface DomainPolicy {
  readonly p: string | null;
  readonly sp: string | null;
  readonly pct: number | null;
  readonly adkim: string | null;
  readonly aspf: string | null;
}

/** What one reporter said of a scope's sources; days with messages, ascending. */
export interface ReporterDays {
  readonly reporterId: number;
  readonly days: readonly DayCount[];
}

/** Failing sources past the bound: counted, not looked at one by one. */
export interface RestOfSources {
  readonly domainId: number;
  readonly domain: string;
  readonly sources: number;
  readonly failed: number;
  readonly firstArrival: number;
  readonly firstDay: number;
  readonly lastDay: number;
}

/** Which sources, which event days (Unix seconds, both included). */
export interface Scope {
  readonly domainId: number;
  readonly sourceIds: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** What the records of a scope say, beyond counts; all but `reporters` of failing messages only. */
export interface RecordDetail {
  readonly reporters: readonly { readonly name: string; readonly messages: number; readonly failed: number }[];
  readonly reporterCount: number;
  readonly failingReporters: number;
  readonly disposition: Dispositions;
  readonly headerFrom: readonly { readonly domain: string; readonly messages: number }[];
  readonly reasons: readonly { readonly type: string; readonly comment: string; readonly messages: number }[];
}

/** What was reported so far. Rows of reports whose authenticity is `failed` are never in it (docs/architecture.md, rule 11). */
export interface History {
  /** Begins an evaluation. */
  progress(): Promise<Progress>;
  arrivals(span: ReportSpan): Promise<Arrivals>;
  /**
   * Sources of watched domains whose mail in the span may matter: failing and known (5 passing messages on 2 days of the
   * last 180, or of a known sender), failing and never failed before, or passing with a leg down that passed within six weeks.
   * Of those that never failed at most `perDomain` a domain and a bound over all, domains that earlier reports name
   * first, then the sources with the most failures (`newestFirst`: of the newest days).
   */
  touched(
    span: ReportSpan,
    options: {
      readonly perDomain: (domainId: number) => number;
      readonly isWatched: (domain: string) => boolean;
      readonly newestFirst: boolean;
    },
  ): Promise<TouchedSources>;
  /** One row a source, reporter and day with messages, by how they ended; no order. */
  kindDays(scope: Scope): Promise<readonly SourceKindDay[]>;
  /** Event days (ascending) of the span's reports with mail of the sources. */
  daysOfSpan(span: ReportSpan, of: Pick<Scope, 'domainId' | 'sourceIds'>): Promise<readonly number[]>;
  /** Whether the span's reports have passing mail of the sources. */
  passedIn(span: ReportSpan, of: Pick<Scope, 'domainId' | 'sourceIds'>): Promise<boolean>;
  /** Whether one of the sources failed for the domain in a report at or before the span's `after`. */
  failedBefore(span: ReportSpan, of: Pick<Scope, 'domainId' | 'sourceIds'>): Promise<boolean>;
  /** Failing (or passing) messages by what was said of them, the most messages first; at most 500 groups. */
  groups(scope: Scope, passing: boolean): Promise<readonly RecordGroup[]>;
  /**
   * What passes by one of these DKIM keys at source IPs other than the scope's: whether any of it is `direct`, and the most
   * messages that one sender passed on (`relayed`).
   */
  signedElsewhere(
    scope: Scope,
    keys: readonly { readonly domain: string; readonly selector: string }[],
  ): Promise<{ readonly direct: boolean; readonly relayed: number }>;
  /** Of the report with the newest last day that names a policy; null when none does. */
  policy(domainId: number): Promise<DomainPolicy | null>;
  /** Reporters with failing messages of the scope in reports that arrived by then (Unix seconds). */
  failingReporters(scope: Scope, arrivedBy: number): Promise<readonly number[]>;
  detail(scope: Scope): Promise<RecordDetail>;
  /** Newest event day of the domain that is not after `atMost`. */
  newestDay(domainId: number, atMost: number): Promise<number | null>;
}

/** What an evaluation leaves behind; written in one transaction or not at all. */
export interface EvaluationCommit {
  readonly findings: readonly Finding[];
  /** Names below a policy domain that are not new from now on. */
  readonly names: readonly { readonly domainId: number; readonly name: string }[];
  readonly messages: readonly OutboxMessage[];
  readonly telling: TellingCommit;
  readonly evaluatedReportId: number;
  /** Unix seconds, or null to leave it as it is. */
  readonly firstCatchUpDoneAt: number | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The findings kept so far. */
export interface Findings {
  /** Open findings that hold the source. */
  openOf(source: {
    readonly domainId: number;
    readonly sourceId: number;
  }): Promise<readonly { readonly publicId: string; readonly rule: RuleName }[]>;
  /** The open finding of a fingerprint, else the one resolved last. */
  latest(fingerprint: string): Promise<Finding | null>;
  /** Open findings with a source in the span's reports. */
  touched(span: ReportSpan): Promise<readonly Finding[]>;
  /** Open findings whose last failure is of `failedBy` or before: the newest event day (not after `atMost`) with mail of their sources. */
  lastTraffic(
    atMost: number,
    failedBy: number,
  ): Promise<readonly { readonly publicId: string; readonly domainId: number; readonly day: number }[]>;
  /** By alert_id. */
  get(publicId: string): Promise<Finding | null>;
  /** Open findings of a rule, by domain. */
  countOpen(rule: RuleName): Promise<ReadonlyMap<number, number>>;
  /** Findings that nobody was told of. */
  untold(): Promise<readonly Finding[]>;
  commit(change: EvaluationCommit): Promise<void>;
}
