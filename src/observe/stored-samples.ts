import type { ClassStat, CounterValue, DomainStat, DomainStats } from './domain-stats.js';
import type { MetricName } from './metric-definitions.js';

/** One value for an exposed series. Domains that share the label `__other__` are merged. */
export interface Sample {
  readonly name: MetricName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** How values of one series come together; `own`: of a domain with its own label only. */
  readonly merge: 'sum' | 'max' | 'own';
}

const sum = (name: MetricName, labels: Sample['labels'], value: number): Sample => ({
  name,
  labels,
  value,
  merge: 'sum',
});

/** Samples of persisted counters; counters that this program does not know are left out. */
export function samplesOfCounters(
  counters: readonly CounterValue[],
  isKnown: (name: string) => name is MetricName,
): Sample[] {
  return counters.flatMap(({ name, labels, value }) => (isKnown(name) ? [sum(name, labels, value)] : []));
}

const storeGauges = {
  reports: 'dmarc_store_reports',
  records: 'dmarc_store_records',
  lastReportStoredAt: 'dmarc_last_report_stored_timestamp_seconds',
  oldestReportAt: 'dmarc_store_oldest_report_timestamp_seconds',
  originals: 'dmarc_store_originals',
  originalBytes: 'dmarc_store_originals_bytes',
  freeBytes: 'dmarc_store_filesystem_avail_bytes',
} as const satisfies Partial<Record<keyof DomainStats['store'], MetricName>>;

export function samplesOfStats(stats: DomainStats): Sample[] {
  const { store, openAlerts, outbox } = stats;
  return [
    sum('dmarc_recent_window_seconds', {}, stats.windowSeconds),
    ...stats.domains.flatMap(samplesOfDomain),
    ...openAlerts.map(({ count, ...labels }) => sum('dmarc_alerts_firing', labels, count)),
    ...Object.entries(storeGauges).map(([key, name]) => sum(name, {}, store[key as keyof typeof storeGauges])),
    ...store.files.map(({ file, bytes }) => sum('dmarc_store_size_bytes', { file }, bytes)),
    ...outbox.flatMap(({ channel, pending, oldestAt }) => [
      sum('dmarc_notification_queue_length', { channel }, pending),
      sum('dmarc_notification_oldest_pending_timestamp_seconds', { channel }, oldestAt),
    ]),
  ];
}

function samplesOfDomain(stat: DomainStat): Sample[] {
  const { domain, policy } = stat;
  const newest = (name: MetricName, value: number): Sample => ({ name, labels: { domain }, value, merge: 'max' });
  return [
    ...stat.classes.flatMap((each) => samplesOfClass(domain, each)),
    ...samplesOfDispositions(stat),
    sum('dmarc_recent_sources_first_seen_failing', { domain }, stat.firstSeenFailing),
    sum('dmarc_recent_reporters', { domain }, stat.reporters),
    sum('dmarc_recent_reporters_of_late', { domain }, stat.reportersOfLate),
    ...policySamples(domain, policy),
    newest('dmarc_last_report_received_timestamp_seconds', stat.lastReceivedAt),
    newest('dmarc_last_report_period_end_timestamp_seconds', stat.lastPeriodEndAt),
  ];
}

function samplesOfClass(domain: string, stat: ClassStat): Sample[] {
  const source_class = stat.class;
  return [
    ...Object.entries(stat.results).map(([result, value]) =>
      sum('dmarc_recent_messages', { domain, source_class, result }, value),
    ),
    sum('dmarc_recent_sources', { domain, source_class }, stat.sources),
  ];
}

function samplesOfDispositions({ domain, classes }: DomainStat): Sample[] {
  const sums = new Map<string, number>();
  for (const { dispositions } of classes)
    for (const [word, messages] of Object.entries(dispositions)) sums.set(word, (sums.get(word) ?? 0) + messages);
  return [...sums].map(([disposition, value]) =>
    sum('dmarc_recent_disposition_messages', { domain, disposition }, value),
  );
}

/** An unknown word in p is no policy of ours to expose. */
function policySamples(domain: string, policy: string | null): Sample[] {
  if (policy === null || !['none', 'quarantine', 'reject'].includes(policy)) return [];
  return [{ name: 'dmarc_published_policy', labels: { domain, policy }, value: 1, merge: 'own' }];
}
