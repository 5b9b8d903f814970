import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Dashboard, Panel } from '../../grafana/src/dashboard.js';
import { dashboardFiles } from '../../grafana/src/files.js';
import { sourcesDashboard } from '../../grafana/src/sources.js';
import { substitution } from '../../grafana/preview/substitute.js';
import { lint } from './lint.js';

const [first, second] = sourcesDashboard.panels as readonly [Panel, Panel, ...Panel[]];
const withPanels = (...panels: readonly Panel[]): Dashboard => ({ ...sourcesDashboard, panels });

describe('the committed dashboards', () => {
  it('are what the generator writes', async () => {
    for (const [path, text] of Object.entries(await dashboardFiles())) expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('pass the linter', () => {
    expect(lint(sourcesDashboard)).toEqual([]);
  });

  it('keep their panel ids, which links and annotations use', () => {
    const ids = sourcesDashboard.panels.map(({ id, title }) => [id, title]);
    expect(ids).toEqual([
      [1, 'Open alerts'],
      [2, 'Pass rate, last 7 days'],
      [3, 'Messages, last 7 days'],
      [4, 'Complete through'],
      [5, 'Last successful poll'],
      [6, 'Mails that wait'],
      [10, 'Messages per day by result'],
      [11, 'Failing messages per day by reporter'],
      [22, 'Alerts'],
      [20, 'New failures in this range'],
      [21, 'Failing sources'],
      [23, 'Reporters'],
      [24, 'Domains'],
    ]);
  });
});

describe('provisioning', () => {
  const read = (path: string): unknown => parse(readFileSync(`grafana/provisioning/${path}`, 'utf8'));

  it('makes the data sources that the dashboard chooses at first', () => {
    const { datasources } = read('datasources/ruawatch.yaml') as { datasources: { uid: string; type: string }[] };
    const chosen = sourcesDashboard.templating.list.filter(({ type }) => type === 'datasource');
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
    const moved = { ...second, gridPos: { x: 3, y: 3, w: 4, h: 4 } };
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
      'panel 1 (Open alerts) names a data source, not a variable',
    ]);
  });

  it('finds a bare counter, but not one under rate, and a metric that is not ours', () => {
    const asking = (expr: string): Dashboard => {
      const [target] = first.targets;
      return withPanels({ ...first, targets: [{ ...target, expr } as Panel['targets'][number]] });
    };
    expect(lint(asking('sum(dmarc_reports_stored_total)'))).toEqual([
      'panel 1 (Open alerts): dmarc_reports_stored_total is a counter without rate or increase',
    ]);
    expect(lint(asking('sum(dmarc_reports_failed_total{reason="limit"})'))).toHaveLength(1);
    expect(lint(asking('sum(increase(dmarc_reports_failed_total{reason="limit"}[1h]))'))).toEqual([]);
    expect(lint(asking('dmarc_imaginary'))).toEqual(['panel 1 (Open alerts): there is no metric dmarc_imaginary']);
  });

  it('finds a missing unit and an override for no column', () => {
    const { defaults } = first.fieldConfig;
    const { unit: _, ...unitless } = defaults;
    const overrides = [{ matcher: { id: 'byName' as const, options: 'Nobody' }, properties: [] }];
    expect(lint(withPanels({ ...first, fieldConfig: { defaults: unitless, overrides } }))).toEqual([
      'panel 1 (Open alerts) has no unit',
      'panel 1 (Open alerts): an override is for Nobody, which is no column',
    ]);
  });

  it('finds a refresh that is too fast', () => {
    expect(lint({ ...sourcesDashboard, refresh: '4m' })).toEqual(['refresh 4m is below five minutes']);
    expect(lint({ ...sourcesDashboard, refresh: '5m' })).toEqual([]);
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
    expect(substitution(sourcesDashboard, { from: 1, to: 2 })('"$domain"', 'regex')).toBe('".*,*"');
  });

  it('must be declared', () => {
    expect(() => substitute('$other', 'regex')).toThrow('$other is no variable of dmarc-sources');
  });
});
