import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Dashboard, InfinityTarget, PrometheusTarget, Target } from '../../grafana/src/dashboard.js';
import { dashboards } from '../../grafana/src/files.js';
import { healthDashboard } from '../../grafana/src/health.js';
import { overviewDashboard } from '../../grafana/src/overview.js';
import { sourcesDashboard } from '../../grafana/src/sources.js';
import { firstOf, rowsIn } from '../../grafana/preview/frames.js';
import { queryOf, substitution } from '../../grafana/preview/substitute.js';
import type { Choice } from '../../grafana/preview/substitute.js';
import { startDemoWorld } from '../support/demo-world.js';
import type { DemoWorld } from '../support/demo-world.js';
import { describeWith } from '../support/servers.js';
import { panelsOf } from './lint.js';

interface Asked<T> {
  readonly dashboard: Dashboard;
  readonly name: string;
  readonly target: T;
}

const targets = dashboards.flatMap((dashboard) =>
  panelsOf(dashboard).flatMap(({ title, targets: all }) =>
    all.map((target): Asked<Target> => ({ dashboard, name: `${title} ${target.refId}`, target })),
  ),
);
const isApi = (asked: Asked<Target>): asked is Asked<InfinityTarget> => 'columns' in asked.target;
const isPromql = (asked: Asked<Target>): asked is Asked<PrometheusTarget> => 'expr' in asked.target;

const variables = sourcesDashboard.templating.list
  .filter(({ type }) => type === 'query')
  .map(({ name, query }): Asked<InfinityTarget> => {
    const { infinityQuery: target } = query as { infinityQuery: InfinityTarget };
    return { dashboard: sourcesDashboard, name: `variable ${name}`, target };
  });
const annotations = sourcesDashboard.annotations.list.flatMap(({ name, target }): Asked<InfinityTarget>[] =>
  target ? [{ dashboard: sourcesDashboard, name: `annotation ${name}`, target }] : [],
);

const stepHours = 6;
const isTime = (value: unknown): boolean => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T[\d:]{8}Z$/.test(value);
const isOfType: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => Number.isFinite(value),
  timestamp: isTime,
};

describeWith(['prometheus'], 'the dashboards on the data of the demo', () => {
  let world: DemoWorld;
  let choice: Choice;
  beforeAll(async () => {
    world = await startDemoWorld({ days: 20, domains: 4, stepHours });
    const to = Date.now();
    const range = { from: to - 15 * 86_400_000, to, scrapeSeconds: stepHours * 3600 };
    const servers = { api: world.service.base, prometheus: world.prometheus.address };
    const ip = (await firstOf(sourcesDashboard, 'ip', range, servers)) ?? [];
    choice = { ...range, values: { ip } };
  }, 120_000);
  afterAll(() => world?.close());

  it.each(targets.filter(isPromql))('$dashboard.uid: $name gets a series', async ({ dashboard, target }) => {
    const expr = queryOf(target, substitution(dashboard, choice));
    const { prometheus } = world;
    const end = Date.now() / 1000;
    const found = target.instant
      ? await prometheus.query(expr)
      : await prometheus.queryRange(expr, { start: end - 86_400, end, step: 3600 });
    expect(found.length).toBeGreaterThan(0);
  });

  it.each([...targets.filter(isApi), ...variables, ...annotations])(
    '$dashboard.uid: $name gets rows with all of its columns',
    async ({ dashboard, target }) => {
      const response = await fetch(world.service.base + queryOf(target, substitution(dashboard, choice)));
      const body = (await response.json()) as Record<string, unknown>;
      expect(response.status, JSON.stringify(body)).toBe(200);
      const rows = rowsIn(body, target.root_selector);
      expect(rows.length).toBeGreaterThan(0);
      for (const { selector, type } of target.columns) {
        expect(
          rows.filter((row) => !(selector in row)),
          `${selector} is missing`,
        ).toEqual([]);
        const known = rows.map((row) => row[selector]).filter((value) => value !== null);
        expect(
          known.filter((value) => isOfType[type]?.(value) !== true),
          selector,
        ).toEqual([]);
      }
    },
  );

  it('marks the alert that opens', async () => {
    const expr = overviewDashboard.annotations.list[1]?.expr ?? '';
    const asked = substitution(overviewDashboard, choice)(expr, 'regex');
    const found = await world.prometheus.query(asked);
    expect(found.map(({ metric }) => metric)).toContainEqual({
      domain: world.breaking.domain,
      rule: 'known_sender_failing',
    });
  });

  it.each([overviewDashboard, healthDashboard])('offers choices in $uid', async ({ templating }) => {
    for (const { name, definition } of templating.list.filter(({ type }) => type === 'query')) {
      const [, series = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(String(definition)) ?? [];
      const found = await world.prometheus.query(series.replace('$job', '.*'));
      expect(found.filter(({ metric }) => label in metric).length, name).toBeGreaterThan(0);
    }
  });
});
