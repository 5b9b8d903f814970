import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Dashboard, Panel } from '../../grafana/src/dashboard.js';
import { dashboardFiles, dashboards } from '../../grafana/src/files.js';
import { healthDashboard } from '../../grafana/src/health.js';
import { overviewDashboard } from '../../grafana/src/overview.js';
import { sourcesDashboard } from '../../grafana/src/sources.js';
import { substitution } from '../../grafana/preview/substitute.js';
import { lint, panelsOf } from './lint.js';

const [first, second] = panelsOf(overviewDashboard) as readonly [Panel, Panel, ...Panel[]];
const withPanels = (...panels: readonly Panel[]): Dashboard => ({ ...overviewDashboard, panels });

describe('the committed dashboards', () => {
  it('are what the generator writes', async () => {
    for (const [path, text] of Object.entries(await dashboardFiles())) expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it.each(dashboards)('pass the linter: $uid', (dashboard) => {
    expect(lint(dashboard)).toEqual([]);
  });

  it('keep their uids and panel ids, which links and annotations use', () => {
    const ids = (dashboard: Dashboard) => dashboard.panels.map(({ id }) => id).toSorted((a, b) => a - b);
    expect(dashboards.map(({ uid }) => uid)).toEqual(['dmarc-overview', 'dmarc-sources', 'dmarc-service-health']);
    expect(ids(overviewDashboard)).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
      ...[20, 21, 22, 23, 24, 30, 31, 32, 33, 34, 35],
    ]);
    expect(ids(sourcesDashboard)).toEqual([
      ...[4, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23, 24, 25, 26],
      ...[40, 41, 42, 43, 44, 45, 100, 101, 102, 103, 104],
    ]);
    expect(ids(healthDashboard)).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7, 8, 20, 21, 22, 30, 31, 32, 33, 34, 40, 41, 42, 43],
      ...[50, 51, 52, 53, 60, 61, 62, 63, 100, 101, 102, 103, 104, 105],
    ]);
  });

  it('lead from a domain to its source IPs, from a source IP to its history, from an alert to its page', () => {
    const urls = dashboards.map((each) => JSON.stringify(each));
    expect(urls[0]).toContain(`/d/dmarc-sources/?\${__url_time_range}&var-domain=\${__value.raw}`);
    expect(urls[1]).toContain(`var-ip=\${__value.raw}`);
    expect(urls[1]).toContain(`\${page}/alerts/\${__value.raw}`);
  });
});

describe('provisioning', () => {
  const read = (path: string): unknown => parse(readFileSync(`grafana/provisioning/${path}`, 'utf8'));

  it('makes the data sources that the dashboard chooses at first', () => {
    const { datasources } = read('datasources/ruawatch.yaml') as { datasources: { uid: string; type: string }[] };
    const chosen = [overviewDashboard, sourcesDashboard].flatMap(({ templating }) =>
      templating.list.filter(({ type }) => type === 'datasource'),
    );
    expect(datasources.map(({ uid, type }) => [uid, type])).toEqual(
      chosen.map(({ current, query }) => [current.value, query]),
    );
  });

  it('keeps the dashboards as they are committed', () => {
    const { providers } = read('dashboards/ruawatch.yaml') as { providers: Record<string, unknown>[] };
    expect(providers).toMatchObject([{ folder: 'DMARC', type: 'file', allowUiUpdates: false, disableDeletion: true }]);
  });
});

describe('the linter', () => {
  it('finds panels that lie on each other or outside the grid', () => {
    const moved = { ...second, gridPos: { x: 3, y: 2, w: 4, h: 4 } };
    expect(lint(withPanels(first, moved))).toEqual(['panels 1 and 2 overlap']);
    expect(lint(withPanels({ ...first, gridPos: { x: 21, y: 0, w: 4, h: 4 } }))).toEqual(['panel 1 leaves the grid']);
  });

  it('finds ids that are used twice, and a panel without words', () => {
    const twin = { ...second, id: 1, title: '', description: '' };
    expect(lint(withPanels(first, twin))).toEqual([
      'panel ids must be unique',
      'panel 1 () has no title',
      'panel 1 () has no description',
      'panel 1 () does not say that the newest days are incomplete',
    ]);
  });

  it('finds a fixed data source', () => {
    const fixed = { type: 'prometheus', uid: 'mine' };
    expect(lint(withPanels({ ...first, datasource: fixed }))).toEqual([
      'panel 1 (Needs you) names a data source, not a variable',
    ]);
  });

  it('finds a bare counter, but not one under rate, and a metric that is not ours', () => {
    const asking = (expr: string): Dashboard => {
      const [target] = first.targets;
      return withPanels({ ...first, targets: [{ ...target, expr } as Panel['targets'][number]] });
    };
    expect(lint(asking('sum(dmarc_reports_stored_total)'))).toEqual([
      'panel 1 (Needs you): dmarc_reports_stored_total is a counter without rate or increase',
    ]);
    expect(lint(asking('sum(dmarc_reports_failed_total{reason="limit"})'))).toHaveLength(1);
    expect(lint(asking('sum(increase(dmarc_reports_failed_total{reason="limit"}[1h]))'))).toEqual([]);
    expect(lint(asking('dmarc_imaginary'))).toEqual(['panel 1 (Needs you): there is no metric dmarc_imaginary']);
  });

  it('finds a missing unit and an override for no column', () => {
    const { defaults } = first.fieldConfig;
    const { unit: _, ...unitless } = defaults;
    const overrides = [{ matcher: { id: 'byName' as const, options: 'Nobody' }, properties: [] }];
    expect(lint(withPanels({ ...first, fieldConfig: { defaults: unitless, overrides } }))).toEqual([
      'panel 1 (Needs you) has no unit',
      'panel 1 (Needs you): an override is for Nobody, which is no column',
    ]);
  });

  it('finds a refresh that is too fast', () => {
    expect(lint({ ...overviewDashboard, refresh: '4m' })).toEqual(['refresh 4m is below five minutes']);
    expect(lint({ ...overviewDashboard, refresh: '5m' })).toEqual([]);
  });
});

describe('a variable in a query', () => {
  const choice = { from: 1, to: 2, values: { domain: ['a.example.org', 'b.example.org'] } };
  const substitute = substitution(sourcesDashboard, choice);

  it('is a comma list for the API and a pattern for PromQL', () => {
    expect(substitute(`\${domain:csv}`, 'csv')).toBe('a.example.org,b.example.org');
    expect(substitute('x{domain=~"$domain"}', 'regex')).toBe(
      String.raw`x{domain=~"(a\\.example\\.org|b\\.example\\.org)"}`,
    );
  });

  it('takes its own value for All', () => {
    expect(substitute(`\${source:csv}`, 'csv')).toBe('*');
    expect(substitution(overviewDashboard, { from: 1, to: 2 })('"$domain"', 'regex')).toBe('".*"');
  });

  it('must be declared', () => {
    expect(() => substitute('$other', 'regex')).toThrow('$other is no variable of dmarc-sources');
  });
});
