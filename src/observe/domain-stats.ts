import type { Severity } from '../model/finding.js';
import type { Verdict } from '../model/report.js';
import type { SourceClass } from '../model/sender.js';

/** Messages of the senders of one class, of the event days within the window. */
export interface ClassStat {
  readonly class: SourceClass;
  readonly sources: number;
  readonly results: Readonly<Record<Verdict, number>>;
  /** none, quarantine, reject, pass, other. */
  readonly dispositions: Readonly<Record<string, number>>;
}

/** Numbers of one policy domain for gauges. Times in Unix seconds. */
export interface DomainStat {
  readonly domain: string;
  readonly classes: readonly ClassStat[];
  /** Source IPs that fail and whose first day ever is within the window. */
  readonly firstSeenFailing: number;
  readonly reporters: number;
  /** Of these, the ones with a report of the last three days of the window. */
  readonly reportersOfLate: number;
  /** Policy tag p of the newest report; null when no report is known. */
  readonly policy: string | null;
  readonly lastReceivedAt: number;
  readonly lastPeriodEndAt: number;
}

/** All that gauges about stored data need, read in one go. */
export interface DomainStats {
  readonly windowSeconds: number;
  readonly domains: readonly DomainStat[];
  readonly openAlerts: readonly {
    readonly rule: string;
    readonly domain: string;
    readonly severity: Severity;
    readonly count: number;
  }[];
  readonly store: {
    readonly reports: number;
    readonly records: number;
    readonly lastReportStoredAt: number;
    /** Arrival of the oldest report; 0 when there is none. */
    readonly oldestReportAt: number;
    /** Mails kept as they came, and their bytes as packed. */
    readonly originals: number;
    readonly originalBytes: number;
    /** Free for this user on the file system of the database. */
    readonly freeBytes: number;
    readonly files: readonly { readonly file: 'main' | 'wal'; readonly bytes: number }[];
  };
  readonly outbox: readonly {
    readonly channel: string;
    readonly pending: number;
    /** When the oldest was written, Unix seconds; 0 when none waits. */
    readonly oldestAt: number;
  }[];
}

/** One line of the persisted counters. */
export interface CounterValue {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
