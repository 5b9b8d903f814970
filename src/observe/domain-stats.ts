import type { Verdict } from '../model/report.js';

/** Numbers of one policy domain for gauges. Messages are those of event days within the window; times in Unix seconds. */
export interface DomainStat {
  readonly domain: string;
  readonly results: Readonly<Record<Verdict, number>>;
  /** none, quarantine, reject, pass, other. */
  readonly dispositions: Readonly<Record<string, number>>;
  readonly sources: number;
  readonly reporters: number;
  /** Policy tag p of the newest report; null when no report is known. */
  readonly policy: string | null;
  readonly lastReceivedAt: number;
  readonly lastPeriodEndAt: number;
}

/** All that gauges about stored data need, read in one go. */
export interface DomainStats {
  readonly windowSeconds: number;
  readonly domains: readonly DomainStat[];
  readonly openAlerts: readonly { readonly rule: string; readonly domain: string; readonly count: number }[];
  readonly store: {
    readonly reports: number;
    readonly records: number;
    readonly lastReportStoredAt: number;
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
