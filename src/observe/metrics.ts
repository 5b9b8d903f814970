import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Clock } from '../base/clock.js';
import { limits } from '../config/limits.js';
import type { CounterValue, DomainStats } from './domain-stats.js';
import { ClosedLabels, DomainLabels, otherLabel } from './label-values.js';
import type { NamedLabels } from './label-values.js';
import { metricDefinitions } from './metric-definitions.js';
import type { MetricDefinition, MetricName } from './metric-definitions.js';
import { samplesOfCounters, samplesOfStats } from './stored-samples.js';
import { StoredText } from './stored-text.js';

export type MetricLabels = Readonly<Record<string, string>>;

export interface MetricsOptions extends NamedLabels {
  readonly clock: Clock;
  readonly version: string;
  /** Configured policy domains; empty: learnt. */
  readonly domains: readonly string[];
  readonly maxDomains: number;
  /** What the store holds; asked at most every 15 seconds, after a scrape and for the next one. */
  readonly stats: () => Promise<DomainStats>;
  /** The persisted counters; asked at every scrape. */
  readonly counters: () => Promise<readonly CounterValue[]>;
}

/** The numbers of the service. None of its methods but `render` can fail; an unknown label value becomes `other` or `__other__`. */
export interface Metrics {
  count(name: MetricName, labels?: MetricLabels, by?: number): void;
  set(name: MetricName, labels: MetricLabels, value: number): void;
  /** Sets a gauge to the present, Unix seconds. */
  stamp(name: MetricName, labels?: MetricLabels): void;
  observe(name: MetricName, labels: MetricLabels, value: number): void;
  /**
   * The exposition. When the store cannot be read, what comes from it stays as it was and dmarc_store_errors_total moves. What takes
   * long to read is not waited for: until it is known, its series are absent.
   */
  render(): Promise<{ readonly contentType: string; readonly body: Buffer }>;
}

/** Stored numbers are computed at most this often, however many scrape. */
const statsForMs = 15_000;
/** A scrape tells what was known before, and what it caused to be read is for the next. Numbers older than this are waited for, within a bound. */
const oldMs = 600_000;

type Instrument = Counter | Gauge | Histogram;
/** Gauges of the library whose names claim to be counters. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

type Exposition = Awaited<ReturnType<Metrics['render']>>;

const definitions: ReadonlyMap<string, MetricDefinition> = new Map(Object.entries(metricDefinitions));

function isKept(name: string): name is MetricName {
  return definitions.get(name)?.from === 'counters';
}

export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
  const info = { version: options.version, node_version: process.version };
  new Gauge({
    name: 'dmarc_build_info',
    help: 'Always 1; the versions are in the labels.',
    labelNames: Object.keys(info),
    registers: [registry],
  }).set(info, 1);
  return new PromMetrics(registry, options);
}

class PromMetrics implements Metrics {
  readonly #registry: Registry;
  readonly #options: MetricsOptions;
  readonly #labels: ClosedLabels;
  readonly #instruments = new Map<string, Instrument>();
  #foldedDomains = 0;
  #readAt = -Infinity;
  #asking: Promise<void> | null = null;
  readonly #storedText: StoredText;
  readonly #countedText: StoredText;
  /** The exposition of what comes from the store, as it was last read. */
  #stored = Buffer.alloc(0);
  #counted = '';
  #rendering: Promise<Exposition> | null = null;

  constructor(registry: Registry, options: MetricsOptions) {
    this.#registry = registry;
    this.#options = options;
    this.#labels = new ClosedLabels(options, new DomainLabels(options.domains, options.maxDomains));
    this.#storedText = new StoredText('stored', this.#labels);
    this.#countedText = new StoredText('counters', this.#labels);
    for (const [name, definition] of definitions) {
      if (definition.from !== 'memory') continue;
      const instrument = create(registry, name, definition);
      this.#instruments.set(name, instrument);
      for (const labels of this.#labels.combinations(definition.labels)) zero(instrument, labels);
    }
  }

  count(name: MetricName, labels: MetricLabels = {}, by = 1): void {
    const instrument = this.#instruments.get(name);
    if (instrument instanceof Counter) instrument.inc(this.#closed(name, labels), by);
  }

  set(name: MetricName, labels: MetricLabels, value: number): void {
    const instrument = this.#instruments.get(name);
    if (instrument instanceof Gauge) instrument.set(this.#closed(name, labels), value);
  }

  stamp(name: MetricName, labels: MetricLabels = {}): void {
    this.set(name, labels, this.#options.clock.now() / 1000);
  }

  observe(name: MetricName, labels: MetricLabels, value: number): void {
    const instrument = this.#instruments.get(name);
    if (instrument instanceof Histogram) instrument.observe(this.#closed(name, labels), value);
  }

  /** Scrapes at the same time share one answer. */
  render(): Promise<Exposition> {
    this.#rendering ??= this.#render().finally(() => {
      this.#rendering = null;
    });
    return this.#rendering;
  }

  async #render(): Promise<Exposition> {
    const age = this.#options.clock.now() - this.#readAt;
    if (age >= oldMs) await this.#awaitNumbers();
    try {
      const counters = await this.#options.counters();
      this.#counted = this.#countedText.write(samplesOfCounters(counters, isKept));
    } catch {
      this.count('dmarc_store_errors_total', { operation: 'read' });
    }
    // A megabyte of text takes some milliseconds to encode: once, not with each answer.
    const body = Buffer.concat([Buffer.from((await this.#registry.metrics()) + this.#counted), this.#stored]);
    // Summing up takes a processor, and writing it down takes this thread: not while the answer is on its way.
    if (age >= statsForMs && age < oldMs) setImmediate(() => void this.#refresh());
    return { contentType: this.#registry.contentType, body };
  }

  /** What is not known in time is left out, or told as it was known: a scrape that times out tells nothing. */
  async #awaitNumbers(): Promise<void> {
    const over = new AbortController();
    await Promise.race([this.#refresh(), this.#options.clock.sleep(limits.awaitedNumbersMs, over.signal)]);
    over.abort();
  }

  /** Reads the stored numbers; one reading at a time. */
  #refresh(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #ask(): Promise<void> {
    const now = this.#options.clock.now();
    try {
      const stats = await this.#options.stats();
      this.#learnDomains(stats);
      this.#stored = Buffer.from(this.#storedText.write(samplesOfStats(stats)));
      this.#readAt = now;
    } catch {
      this.count('dmarc_store_errors_total', { operation: 'read' });
    }
  }

  #learnDomains(stats: DomainStats): void {
    const { domains } = this.#labels;
    const seen = stats.domains.map(({ domain }) => domain);
    domains.learn(seen);
    const folded = seen.filter((domain) => domains.labelOf(domain) === otherLabel).length;
    if (folded <= this.#foldedDomains) return;
    this.count('dmarc_metrics_label_values_folded_total', { label: 'domain' }, folded - this.#foldedDomains);
    this.#foldedDomains = folded;
  }

  #closed(name: MetricName, labels: MetricLabels): Record<string, string> {
    return this.#labels.close(metricDefinitions[name].labels, labels);
  }
}

function create(registry: Registry, name: string, { type, help, labels, buckets }: MetricDefinition): Instrument {
  const common = { name, help, labelNames: Object.keys(labels), registers: [registry] };
  if (type === 'counter') return new Counter(common);
  if (type === 'gauge') return new Gauge(common);
  return new Histogram({ ...common, buckets: [...(buckets ?? [])] });
}

function zero(instrument: Instrument, labels: Record<string, string>): void {
  if (instrument instanceof Counter) instrument.inc(labels, 0);
  else if (instrument instanceof Gauge) instrument.set(labels, 0);
  else instrument.zero(labels);
}
