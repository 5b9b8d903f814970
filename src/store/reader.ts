import type { CounterValue, DomainStats } from '../observe/domain-stats.js';
import type { Authenticity } from '../model/part.js';
import type { ApiToken } from '../model/token.js';
import { readApiTokens } from './api-tokens.js';
import { openReader } from './database.js';
import type { Connection } from './database.js';
import type { SourceAddress } from '../model/ptr.js';
import { readAnnotations } from './reading/annotations.js';
import type { Annotation, AnnotationChoice } from './reading/annotations.js';
import { readAuthStats } from './reading/auth-stats.js';
import type { AuthChoice, AuthStat } from './reading/auth-stats.js';
import { readCoverage } from './reading/coverage.js';
import type { DayCoverage } from './reading/coverage.js';
import { readDelays } from './reading/delays.js';
import type { DayDelays } from './reading/delays.js';
import { readPolicies } from './reading/policies.js';
import type { PolicySpan } from './reading/policies.js';
import { readSenderStats } from './reading/sender-stats.js';
import type { SenderChoice, SenderStat } from './reading/sender-stats.js';
import { readSourceRecords } from './reading/source-records.js';
import type { SourceRecord } from './reading/source-records.js';
import { readAlerts } from './reading/alerts.js';
import type { AlertChoice, StoredAlert } from './reading/alerts.js';
import { dailyGroups, readDaily } from './reading/daily.js';
import type { DailyGroup, StoredDay } from './reading/daily.js';
import { readReportIds } from './reading/export.js';
import { readDomains, readNewestDay } from './reading/domains.js';
import type { StoredDomain } from './reading/domains.js';
import { readHanded } from './reading/handed.js';
import type { HandedMail } from './reading/handed.js';
import { readLedger } from './reading/ledger.js';
import type { LedgerReader } from './reading/ledger.js';
import { readMails } from './reading/mails.js';
import type { MailChoice, StoredMail } from './reading/mails.js';
import { readCounters, readDomainStats } from './reading/metrics.js';
import { readRecords } from './reading/records.js';
import type { StoredRecord } from './reading/records.js';
import { readReport, readReports } from './reading/reports.js';
import type { StoredReportDetail, StoredReportRow } from './reading/reports.js';
import { readReporters } from './reading/reporters.js';
import type { StoredReporter } from './reading/reporters.js';
import type { Page, Rows, Scope } from './reading/scope.js';
import { readSenderSources } from './reading/sender-sources.js';
import type { SenderSource } from './reading/sender-sources.js';
import { readSenders } from './reading/senders.js';
import type { StoredSender } from './reading/senders.js';
import { readSigned } from './reading/signed.js';
import { readSources } from './reading/sources.js';
import type { SourceChoice, StoredSource } from './reading/sources.js';
import { readStatus } from './reading/status.js';
import type { StoreStatus } from './reading/status.js';
import { readDueNames, readPtrNames } from './ptr-names.js';
import { readVariables } from './reading/variables.js';
import type { Choice, VariableName } from './reading/variables.js';

export { dailyGroups };
export { reporterKey } from './reading/scope.js';
export type { Page, Place, Rows, Scope } from './reading/scope.js';
export type {
  AlertChoice,
  Annotation,
  AnnotationChoice,
  AuthChoice,
  AuthStat,
  DayCoverage,
  DayDelays,
  PolicySpan,
  SenderChoice,
  SenderStat,
  SourceRecord,
  Choice,
  DailyGroup,
  HandedMail,
  MailChoice,
  SourceChoice,
  StoredAlert,
  StoredDay,
  StoredDomain,
  StoredMail,
  StoredRecord,
  StoredReportDetail,
  StoredReporter,
  StoredReportRow,
  SenderSource,
  StoredSender,
  StoredSource,
  StoreStatus,
  VariableName,
};

/** The reading side of the store. Only what sources ask of the ledger is synchronous. Times are Unix seconds. */
export interface StoreReader extends LedgerReader {
  domains(scope: Scope, page: Page, configured: readonly string[]): Promise<Rows<StoredDomain>>;
  /** The newest event day with data, over all history; null without any. */
  newestDay(domains: readonly string[] | null): Promise<number | null>;
  daily(scope: Scope, group: DailyGroup, page: Page): Promise<Rows<StoredDay>>;
  sources(scope: Scope, choice: SourceChoice, page: Page): Promise<Rows<StoredSource>>;
  senderStats(scope: Scope, choice: SenderChoice, page: Page): Promise<Rows<SenderStat>>;
  coverage(scope: Scope): Promise<readonly DayCoverage[]>;
  authStats(scope: Scope, choice: AuthChoice, page: Page): Promise<Rows<AuthStat>>;
  policies(scope: Scope): Promise<readonly PolicySpan[]>;
  delays(scope: Scope): Promise<readonly DayDelays[]>;
  sourceRecords(ip: string, scope: Scope, page: Page): Promise<Rows<SourceRecord>>;
  annotations(choice: AnnotationChoice, page: Page): Promise<Rows<Annotation>>;
  senders(domains: readonly string[] | null, page: Page): Promise<Rows<StoredSender>>;
  senderSources(domain: string, sender: string): Promise<readonly SenderSource[]>;
  /** Source IPs whose names are to be looked up, the most important first. */
  dueNames(now: number, most: number): Promise<readonly SourceAddress[]>;
  /** Confirmed PTR names by source IP. */
  ptrNames(ips: readonly string[]): Promise<ReadonlyMap<string, string>>;
  reporters(scope: Scope, page: Page): Promise<Rows<StoredReporter>>;
  variables(scope: Scope, name: VariableName, limit: number): Promise<readonly Choice[]>;
  reports(scope: Scope, page: Page): Promise<Rows<StoredReportRow>>;
  /** Row ids of reports by event days, in the order they were stored, behind `after`. */
  reportIds(scope: Scope, after: number, limit: number): Promise<readonly number[]>;
  report(id: number): Promise<StoredReportDetail | null>;
  records(report: number, page: Page): Promise<Rows<StoredRecord>>;
  handed(source: string, path: string, size: number): Promise<HandedMail | null>;
  mails(choice: MailChoice, page: Page): Promise<Rows<StoredMail>>;
  alerts(choice: AlertChoice, page: Page): Promise<Rows<StoredAlert>>;
  alert(alertId: string): Promise<StoredAlert | null>;
  /** A number that another one replaces whenever something was written. */
  version(): Promise<number>;
  /** Every bearer token that is stored, revoked and expired ones too. */
  apiTokens(): Promise<readonly ApiToken[]>;
  status(): Promise<StoreStatus>;
  /** Whether the newest reports of each mailbox were verified or failed, newest last. */
  signed(): Promise<ReadonlyMap<string, readonly Authenticity[]>>;
  /** For /metrics; `now` in Unix seconds. */
  domainStats(now: number): Promise<DomainStats>;
  counters(): Promise<readonly CounterValue[]>;
  /** From now on everything is read as it is now, until the reader is closed; the write-ahead log grows meanwhile. */
  freeze(): Promise<void>;
  /** Resolves when a row could be read, rejects when not. */
  ping(): Promise<void>;
  close(): void;
}

/** Opens the file for reading; its schema must be there. Throws a Failure when it cannot be opened. */
export function openStoreReader(path: string): StoreReader {
  const db = openReader(path);
  const alerts = readAlerts(db);
  const status = readStatus(db);
  const ping = db.prepare('SELECT count(*) FROM migrations');
  return {
    ...readLedger(db),
    ...lists(db),
    alerts: later(alerts.list),
    alert: later(alerts.get),
    version: later(() => Number(db.pragma('data_version', { simple: true }))),
    apiTokens: later(readApiTokens(db)),
    status: later(status),
    signed: later(readSigned(db)),
    domainStats: later(readDomainStats(db, status)),
    counters: later(readCounters(db)),
    freeze: later(() => void db.exec('BEGIN')),
    ping: later(() => void ping.get()),
    close: () => db.close(),
  };
}

function lists(db: Connection) {
  return {
    domains: later(readDomains(db)),
    newestDay: later(readNewestDay(db)),
    daily: later(readDaily(db)),
    sources: later(readSources(db)),
    senderStats: later(readSenderStats(db)),
    coverage: later(readCoverage(db)),
    authStats: later(readAuthStats(db)),
    policies: later(readPolicies(db)),
    delays: later(readDelays(db)),
    sourceRecords: later(readSourceRecords(db)),
    annotations: later(readAnnotations(db)),
    senders: later(readSenders(db)),
    senderSources: later(readSenderSources(db)),
    dueNames: later(readDueNames(db)),
    ptrNames: later(readPtrNames(db)),
    reporters: later(readReporters(db)),
    variables: later(readVariables(db)),
    reports: later(readReports(db)),
    reportIds: later(readReportIds(db)),
    report: later(readReport(db)),
    records: later(readRecords(db)),
    handed: later(readHanded(db)),
    mails: later(readMails(db)),
  };
}

/** A promise for what this engine answers at once. */
function later<A extends readonly unknown[], T>(read: (...args: A) => T): (...args: A) => Promise<T> {
  // Asynchronous so that a throw becomes a rejection.
  return async (...args) => read(...args);
}
