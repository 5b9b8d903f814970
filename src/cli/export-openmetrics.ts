import { limits } from '../config/limits.js';
import { DomainLabels } from '../observe/label-values.js';
import type { Scope, StoredDay, StoreReader } from '../store/store.js';

/** Each page adds up the whole span anew, so they are long: 20,000 are a quarter of a year of 200 domains. */
const daysTogether = 20_000;
const name = 'dmarc_daily_messages';

/** Messages of each event day in the OpenMetrics 1.0 text format: a sample at midnight UTC of its day. */
export async function* openMetrics(
  reader: StoreReader,
  scope: Scope,
  domains: readonly string[],
): AsyncGenerator<string> {
  const labels = new DomainLabels(domains, limits.exportedDomains);
  yield `# TYPE ${name} gauge\n# HELP ${name} Messages of one UTC day by the days that reports speak of, by DMARC result.\n`;
  let sums = new DaySums(0);
  for await (const row of daysOf(reader, scope)) {
    if (sums.day !== row.day) {
      yield sums.text();
      sums = new DaySums(row.day);
    }
    labels.learn([row.key ?? '']);
    sums.add(labels.labelOf(row.key ?? ''), row);
  }
  yield `${sums.text()}# EOF\n`;
}

/** Of one day; domains that share a label are added up. */
class DaySums {
  readonly day: number;
  readonly #sums = new Map<string, number[]>();

  constructor(day: number) {
    this.day = day;
  }

  add(domain: string, { pass_both, pass_dkim, pass_spf, fail }: StoredDay): void {
    const before = this.#sums.get(domain) ?? [];
    this.#sums.set(
      domain,
      [pass_both, pass_dkim, pass_spf, fail].map((value, i) => value + (before[i] ?? 0)),
    );
  }

  text(): string {
    const results = ['pass_both', 'pass_dkim', 'pass_spf', 'fail'];
    const lines = [...this.#sums].flatMap(([domain, sums]) =>
      results.map((result, i) => `${name}{domain="${domain}",result="${result}"} ${sums[i] ?? 0} ${this.day}\n`),
    );
    return lines.join('');
  }
}

async function* daysOf(reader: StoreReader, scope: Scope): AsyncGenerator<StoredDay> {
  let after = null;
  do {
    const page: Awaited<ReturnType<StoreReader['daily']>> = await reader.daily(scope, 'domain', {
      limit: daysTogether,
      after,
    });
    yield* page.rows;
    after = page.next;
  } while (after !== null);
}
