import { otherLabel } from './label-values.js';
import type { ClosedLabels, LabelSet } from './label-values.js';
import { metricDefinitions } from './metric-definitions.js';
import type { MetricDefinition } from './metric-definitions.js';
import type { Sample } from './stored-samples.js';

/** One metric with every combination of label values: how its lines begin, which line a sample is for, and what was written last. */
interface Family {
  readonly name: string;
  readonly names: readonly (readonly [string, LabelSet])[];
  readonly starts: readonly string[];
  readonly lineOf: ReadonlyMap<string, number>;
  readonly head: string;
  readonly values: number[];
  readonly lines: string[];
  /** All of it, while no value changes; "" before it was written. */
  text: string;
}

/** Values of lines, and of series that are none of the combinations. */
interface Values {
  readonly ofLines: number[];
  readonly others: Map<string, { readonly start: string; value: number }>;
}

/**
 * Writes the metrics of one origin in the text exposition format 0.0.4: every combination of label values, 0 where no sample is. All
 * values are made anew each time, so what is gone from the store is gone from here; lines are kept while no domain is learnt and
 * their value stays. What has a domain is left out until the domains are known.
 */
export class StoredText {
  readonly #from: MetricDefinition['from'];
  readonly #labels: ClosedLabels;
  #families: ReadonlyMap<string, Family> = new Map();
  #knownDomains = -1;

  constructor(from: MetricDefinition['from'], labels: ClosedLabels) {
    this.#from = from;
    this.#labels = labels;
  }

  write(samples: readonly Sample[]): string {
    this.#learn();
    const byName = new Map<string, Sample[]>([...this.#families.keys()].map((name) => [name, []]));
    for (const sample of samples) byName.get(sample.name)?.push(sample);
    return [...this.#families].map(([name, family]) => this.#family(family, byName.get(name) ?? [])).join('');
  }

  #learn(): void {
    const { size, areKnown } = this.#labels.domains;
    const knownDomains = areKnown ? size : -1;
    if (knownDomains === this.#knownDomains && this.#families.size > 0) return;
    this.#knownDomains = knownDomains;
    const all = Object.entries<MetricDefinition>(metricDefinitions).filter(
      ([, { from, labels }]) => from === this.#from && (areKnown || !Object.values(labels).includes('domain')),
    );
    this.#families = new Map(all.map(([name, definition]) => [name, this.#layOut(name, definition)]));
  }

  #layOut(name: string, { help, type, labels }: MetricDefinition): Family {
    const names = Object.entries(labels);
    const combinations = this.#labels.combinations(labels).map((each) => names.map(([key]) => each[key] ?? ''));
    const starts = combinations.map((values) => startOf(name, names, values));
    return {
      name,
      names,
      starts,
      lineOf: new Map(combinations.map((values, i) => [keyOf(values), i])),
      head: `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`,
      values: starts.map(() => 0),
      lines: starts.map((start) => `${start}0\n`),
      text: '',
    };
  }

  #family(family: Family, samples: readonly Sample[]): string {
    const { head, starts, values, lines } = family;
    const now: Values = { ofLines: lines.map(() => 0), others: new Map() };
    for (const sample of samples) {
      const i = family.lineOf.get(keyOf(family.names.map(([key]) => sample.labels[key] ?? '')));
      if (i === undefined) this.#fold(family, sample, now);
      else now.ofLines[i] = merged(sample.merge, now.ofLines[i] ?? 0, sample.value);
    }
    let isNews = family.text === '';
    for (const [i, value] of now.ofLines.entries()) {
      if (value === values[i]) continue;
      values[i] = value;
      lines[i] = `${starts[i] ?? ''}${value}\n`;
      isNews = true;
    }
    if (isNews) family.text = head + lines.join('');
    return `${family.text}${[...now.others.values()].map(({ start, value }) => `${start}${value}\n`).join('')}\n`;
  }

  /** For a sample with a label value that is in no set. */
  #fold({ name, names, lineOf }: Family, sample: Sample, { ofLines, others }: Values): void {
    const { labels, value, merge } = sample;
    const closed = names.map(([key, set]) => this.#labels.closedValue(set, labels[key] ?? ''));
    if (merge === 'own' && closed.includes(otherLabel)) return;
    const key = keyOf(closed);
    const i = lineOf.get(key);
    if (i !== undefined) {
      ofLines[i] = merged(merge, ofLines[i] ?? 0, value);
      return;
    }
    const other = others.get(key) ?? { start: startOf(name, names, closed), value: 0 };
    other.value = merged(merge, other.value, value);
    others.set(key, other);
  }
}

function merged(merge: Sample['merge'], before: number, value: number): number {
  return merge === 'sum' ? before + value : Math.max(before, value);
}

/** No label value has a NUL: domains are checked, and the rest is configured. */
function keyOf(values: readonly string[]): string {
  return values.join('\0');
}

/** A line up to its value. */
function startOf(name: string, names: Family['names'], values: readonly string[]): string {
  if (names.length === 0) return `${name} `;
  return `${name}{${names.map(([key], i) => `${key}="${escaped(values[i] ?? '')}"`).join(',')}} `;
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));
}
