import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column, InfinityTarget, PrometheusTarget, Target } from '../../grafana/src/dashboard.js';
import { sourcesDashboard } from '../../grafana/src/sources.js';
import { queryOf, substitution } from '../../grafana/preview/substitute.js';
import { startPrometheus } from '../support/prometheus.js';
import type { Prometheus } from '../support/prometheus.js';
import { hostileReporter, march, sampleNow } from '../support/sample-store.js';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';
import { describeWith } from '../support/servers.js';

const choice = { from: march(1) * 1000, to: sampleNow };
const everything = substitution(sourcesDashboard, choice);

const targets = sourcesDashboard.panels.flatMap((panel) =>
  panel.targets.map((target) => ({ name: panel.title, target })),
);
const isApi = (asked: { name: string; target: Target }): asked is { name: string; target: InfinityTarget } =>
  'columns' in asked.target;
const isPromql = (asked: { name: string; target: Target }): asked is { name: string; target: PrometheusTarget } =>
  'expr' in asked.target;

const variableQueries = sourcesDashboard.templating.list.flatMap(({ name, type, query }) =>
  type === 'query'
    ? [{ name: `variable ${name}`, target: (query as { infinityQuery: InfinityTarget }).infinityQuery }]
    : [],
);
const annotations = sourcesDashboard.annotations.list.flatMap(({ name, target }) =>
  target ? [{ name: `annotation ${name}`, target }] : [],
);

let server: SampleServer;
beforeAll(async () => {
  server = await sampleServer();
  server.events.pollSucceeded('inbox', { durationMs: 5, mails: 0 });
});
afterAll(() => server.close());

async function rowsOf(target: InfinityTarget, substitute = everything): Promise<Record<string, unknown>[]> {
  const response = await server.get(queryOf(target, substitute));
  const body = (await response.json()) as Record<string, unknown>;
  expect(response.status, JSON.stringify(body)).toBe(200);
  return target.root_selector === '' ? [body] : (body[target.root_selector] as Record<string, unknown>[]);
}

const isoTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const isOfType = {
  string: (value: unknown) => typeof value === 'string',
  number: (value: unknown) => typeof value === 'number' && Number.isFinite(value),
  timestamp: (value: unknown) => typeof value === 'string' && isoTime.test(value),
};

/** Null stands for what is not known, but not in every row: then the type would be untested. */
function wrongIn(rows: readonly Record<string, unknown>[], { selector, type }: Column): string[] {
  const missing = rows.filter((row) => !(selector in row)).map(() => `${selector} is missing`);
  const values = rows.map((row) => row[selector]).filter((value) => value !== null && value !== undefined);
  if (values.length === 0) return [...missing, `${selector} is null everywhere`];
  return [
    ...missing,
    ...values.filter((value) => !isOfType[type](value)).map((value) => `${selector} ${JSON.stringify(value)}`),
  ];
}

describe('against a running service', () => {
  it.each([...targets.filter(isApi), ...variableQueries, ...annotations])(
    '$name gets rows with all of its columns',
    async ({ target }) => {
      const rows = await rowsOf(target);
      expect(rows.length).toBeGreaterThan(0);
      expect(target.columns.flatMap((column) => wrongIn(rows, column))).toEqual([]);
    },
  );

  it('shows the failing sources, most failures first, with who reported them and since when', async () => {
    const rows = await rowsOf(panelTarget('Failing sources'));
    expect(rows.map((row) => [row['source_ip'], row['domain'], row['fail'], row['messages']])).toEqual([
      ['2001:db8::30', 'example.org', 10, 17],
      ['203.0.113.20', 'example.com', 10, 10],
    ]);
    expect(rows.map((row) => [row['first_failed'], row['last_failed'], row['reporter_names']])).toEqual([
      ['2026-03-04T00:00:00Z', '2026-03-05T00:00:00Z', 'google.com'],
      ['2026-03-01T00:00:00Z', '2026-03-03T00:00:00Z', `${hostileReporter}, google.com`],
    ]);
  });

  it('shows as new only what never failed before the range', async () => {
    const from2 = substitution(sourcesDashboard, { ...choice, from: march(2) * 1000 });
    const rows = await rowsOf(panelTarget('New failures in this range'), from2);
    expect(rows.map((row) => row['source_ip'])).toEqual(['2001:db8::30']);
  });

  it('has every day once, oldest first, with the results that add up', async () => {
    const rows = await rowsOf(panelTarget('Messages per day by result'));
    const shown = rows.map((row) => [row['day'], row['fail'], row['pass_spf'], row['pass_dkim'], row['pass_both']]);
    expect(shown).toEqual([
      ['2026-03-01T00:00:00Z', 2, 0, 0, 10],
      ['2026-03-02T00:00:00Z', 0, 0, 5, 20],
      ['2026-03-03T00:00:00Z', 8, 4, 0, 0],
      ['2026-03-04T00:00:00Z', 5, 0, 0, 7],
      ['2026-03-05T00:00:00Z', 5, 0, 0, 0],
    ]);
  });

  it('follows a source IP, then a reporter whose name has a comma', async () => {
    const source = substitution(sourcesDashboard, { ...choice, values: { source: ['203.0.113.20'] } });
    const bySource = await rowsOf(panelTarget('Failing messages per day by reporter'), source);
    expect(bySource.map((row) => [row['day'], row['reporter'], row['fail']])).toEqual([
      ['2026-03-01T00:00:00Z', 'google.com', 2],
      ['2026-03-03T00:00:00Z', hostileReporter, 8],
    ]);
    const choices = await rowsOf(
      variableQueries.find(({ name }) => name === 'variable reporter')?.target as InfinityTarget,
    );
    const evil = choices.find((row) => row['__text'] === hostileReporter)?.['__value'];
    const reporter = substitution(sourcesDashboard, { ...choice, values: { reporter: [String(evil)] } });
    const byReporter = await rowsOf(panelTarget('Failing sources'), reporter);
    expect(byReporter.map((row) => [row['source_ip'], row['fail']])).toEqual([['203.0.113.20', 8]]);
  });
});

function panelTarget(title: string): InfinityTarget {
  const found = targets.filter(isApi).find(({ name }) => name === title);
  if (found === undefined) throw new Error(`there is no panel ${title}`);
  return found.target;
}

describeWith(['prometheus'], 'against a Prometheus that scrapes the service', () => {
  let prometheus: Prometheus;
  beforeAll(async () => {
    prometheus = await startPrometheus({ scrape: new URL(server.address).host });
    await prometheus.waitFor('dmarc_recent_messages');
  });
  afterAll(() => prometheus?.stop());

  it.each(targets.filter(isPromql))('$name gets a series, now and over the last minutes', async ({ target }) => {
    const expr = queryOf(target, everything);
    expect((await prometheus.query(expr)).length).toBeGreaterThan(0);
    const end = Date.now() / 1000;
    expect((await prometheus.queryRange(expr, { start: end - 300, end, step: 1 })).length).toBeGreaterThan(0);
  });

  const valueOf = async (title: string, domain?: string): Promise<readonly string[]> => {
    const target = targets.filter(isPromql).find(({ name }) => name === title)?.target;
    if (target === undefined) throw new Error(`there is no panel ${title}`);
    const values = domain === undefined ? {} : { values: { domain: [domain] } };
    const series = await prometheus.query(queryOf(target, substitution(sourcesDashboard, { ...choice, ...values })));
    return series.flatMap(({ values: found }) => found.map(([, value]) => value));
  };

  it('counts messages, passes and alerts of the chosen domains', async () => {
    expect(await valueOf('Open alerts')).toEqual(['1']);
    expect(await valueOf('Open alerts', 'example.org')).toEqual(['0']);
    expect(await valueOf('Messages, last 7 days')).toEqual(['17']);
    expect(await valueOf('Messages, last 7 days', 'example.org')).toEqual(['17']);
    expect(await valueOf('Messages, last 7 days', 'example.com')).toEqual(['0']);
    expect(Number(await valueOf('Pass rate, last 7 days'))).toBeCloseTo(7 / 17, 10);
  });

  it('has no pass rate where there were no messages, rather than a wrong one', async () => {
    expect(await valueOf('Pass rate, last 7 days', 'example.com')).toEqual([]);
  });
});
