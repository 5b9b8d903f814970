import { otherLabel } from './label-values.js';
import type { ClosedLabels } from './label-values.js';
import { metricDefinitions } from './metric-definitions.js';
import type { MetricDefinition } from './metric-definitions.js';
import type { Sample } from './stored-samples.js';

/** One metric with every combination of label values: how its lines begin, and which line a sample is for. */
interface Family {
  readonly name: string;
  readonly definition: MetricDefinition;
  readonly head: string;
  readonly lines: readonly string[];
  readonly lineOf: ReadonlyMap<string, number>;
}

/**
 * Writes the metrics of one origin in the text exposition format 0.0.4: every combination of label values, 0 where no sample is. All
 * values are made anew each time, so what is gone from the store is gone from here; how lines begin is kept while no domain is learnt.
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
    let text = '';
    for (const family of this.#families.values()) text += this.#family(family, byName.get(family.name) ?? []);
    return text;
  }

  #learn(): void {
    const domains = this.#labels.domains.size;
    if (domains === this.#knownDomains) return;
    this.#knownDomains = domains;
    const all = Object.entries<MetricDefinition>(metricDefinitions).filter(([, { from }]) => from === this.#from);
    this.#families = new Map(all.map(([name, definition]) => [name, this.#layOut(name, definition)]));
  }

  #layOut(name: string, definition: MetricDefinition): Family {
    const names = Object.keys(definition.labels);
    const combinations = this.#labels
      .combinations(definition.labels)
      .map((each) => names.map((key) => each[key] ?? ''));
    return {
      name,
      definition,
      head: `# HELP ${name} ${definition.help}\n# TYPE ${name} ${definition.type}\n`,
      lines: combinations.map((values) => lineOf(name, names, values)),
      lineOf: new Map(combinations.map((values, i) => [keyOf(values), i])),
    };
  }

  #family({ name, definition, head, lines, lineOf: known }: Family, samples: readonly Sample[]): string {
    const values = new Array<number>(lines.length).fill(0);
    const others = new Map<string, { readonly line: string; value: number }>();
    const names = Object.entries(definition.labels);
    for (const { labels, value, merge } of samples) {
      const closed = names.map(([key, set]) => this.#labels.closedValue(set, labels[key] ?? ''));
      if (merge === 'own' && closed.includes(otherLabel)) continue;
      const key = keyOf(closed);
      const i = known.get(key);
      if (i !== undefined) values[i] = merged(merge, values[i] ?? 0, value);
      else {
        const other = others.get(key) ?? { line: lineOf(name, Object.keys(definition.labels), closed), value: 0 };
        other.value = merged(merge, other.value, value);
        others.set(key, other);
      }
    }
    let text = head;
    for (let i = 0; i < lines.length; i++) text += `${lines[i] ?? ''} ${values[i] ?? 0}\n`;
    for (const { line, value } of others.values()) text += `${line} ${value}\n`;
    return `${text}\n`;
  }
}

function merged(merge: Sample['merge'], before: number, value: number): number {
  return merge === 'sum' ? before + value : Math.max(before, value);
}

/** No label value has a NUL: domains are checked, and the rest is configured. */
function keyOf(values: readonly string[]): string {
  return values.join('\0');
}

function lineOf(name: string, names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return name;
  return `${name}{${names.map((key, i) => `${key}="${escaped(values[i] ?? '')}"`).join(',')}}`;
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));
}
