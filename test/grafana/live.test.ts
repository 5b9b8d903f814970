import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InfinityTarget, Target } from '../../grafana/src/dashboard.js';
import { sourcesDashboard } from '../../grafana/src/sources.js';
import { queryOf, substitution } from '../../grafana/preview/substitute.js';
import { overviewDashboard } from '../../grafana/src/overview.js';
import { rowsIn } from '../../grafana/preview/frames.js';
import { panelsOf } from './lint.js';
import { startPrometheus } from '../support/prometheus.js';
import type { Prometheus } from '../support/prometheus.js';
import { hostileReporter, march, sampleNow } from '../support/sample-store.js';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';
import { describeWith } from '../support/servers.js';

const choice = { from: march(1) * 1000, to: sampleNow };
const everything = substitution(sourcesDashboard, choice);

const targets = panelsOf(sourcesDashboard).flatMap(({ title, targets: all }) =>
  all.map((target) => ({ name: title, target })),
);
const isApi = (asked: { name: string; target: Target }): asked is { name: string; target: InfinityTarget } =>
  'columns' in asked.target;

const reporters = sourcesDashboard.templating.list.find(({ name }) => name === 'reporter');
const { infinityQuery: reporterQuery } = reporters?.query as { infinityQuery: InfinityTarget };

let server: SampleServer;
beforeAll(async () => {
  server = await sampleServer();
  server.events.pollSucceeded('inbox', { durationMs: 5, mails: 0 });
});
afterAll(() => server.close());

async function rowsOf(target: InfinityTarget, substitute = everything): Promise<readonly Record<string, unknown>[]> {
  const response = await server.get(queryOf(target, substitute));
  const body = (await response.json()) as Record<string, unknown>;
  expect(response.status, JSON.stringify(body)).toBe(200);
  return rowsIn(body, target.root_selector);
}

describe('against a running service', () => {
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
    const choices = await rowsOf(reporterQuery);
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

  const valueOf = async (title: string, domain?: string): Promise<readonly string[]> => {
    const target = panelsOf(overviewDashboard).find((panel) => panel.title === title)?.targets[0];
    if (target === undefined) throw new Error(`there is no panel ${title}`);
    const values = domain === undefined ? {} : { values: { domain: [domain] } };
    const series = await prometheus.query(queryOf(target, substitution(overviewDashboard, { ...choice, ...values })));
    return series.flatMap(({ values: found }) => found.map(([, value]) => value));
  };

  it('counts messages, passes and alerts of the chosen domains', async () => {
    expect(await valueOf('Needs you')).toEqual(['1']);
    expect(await valueOf('Needs you', 'example.org')).toEqual(['0']);
    expect(await valueOf('Messages in seven days')).toEqual(['17']);
    expect(await valueOf('Messages in seven days', 'example.org')).toEqual(['17']);
    expect(await valueOf('Messages in seven days', 'example.com')).toEqual(['0']);
    expect(Number(await valueOf('Pass rate of all mail'))).toBeCloseTo(7 / 17, 10);
  });

  it('has no pass rate where there were no messages, rather than a wrong one', async () => {
    expect(await valueOf('Pass rate of all mail', 'example.com')).toEqual([]);
  });
});
