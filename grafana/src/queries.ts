import type { Column, ColumnType, DataSource, InfinityTarget, PrometheusTarget } from './dashboard.js';

/** Data sources are named by variables, so that a dashboard works imported or provisioned, whatever they are called there. */
export const prometheusSource: DataSource = { type: 'prometheus', uid: `\${datasource}` };
export const apiSource: DataSource = { type: 'yesoreyeram-infinity-datasource', uid: `\${api}` };

/**
 * "All" domains. One variable feeds both kinds of query: PromQL takes this as a pattern that matches everything,
 * the API as a comma list with a `*` in it.
 */
export const allDomains = '.*,*';
export const all = '*';

type Parameters = Readonly<Record<string, string>>;

/** Every `from`, `to` of the dashboard, in milliseconds. Replaced by the plugin's server side, so they work where no browser is. */
export const range: Parameters = { from: `\${__timeFrom}`, to: `\${__timeTo}` };
export const ofDomain: Parameters = { domain: `\${domain:csv}` };
export const ofReporter: Parameters = { reporter: `\${reporter:csv}` };
export const ofSource: Parameters = { source: `\${source:csv}` };
export const filters: Parameters = { ...range, ...ofDomain, ...ofReporter, ...ofSource };

/** The value now, one for each series. */
export function promql(expr: string, legendFormat: string): PrometheusTarget {
  return { refId: 'A', datasource: prometheusSource, expr, legendFormat, instant: true, range: false };
}

const column =
  (type: ColumnType) =>
  (selector: string, text: string): Column => ({ selector, text, type });
export const text = column('string');
export const number = column('number');
export const time = column('timestamp');

/** Rows of the API. */
export function rows(path: string, params: Parameters, columns: readonly Column[]): InfinityTarget {
  return {
    refId: 'A',
    datasource: apiSource,
    type: 'json',
    source: 'url',
    parser: 'backend',
    format: 'table',
    url: `/api/v1${path}`,
    url_options: {
      method: 'GET',
      data: '',
      params: Object.entries(params).map(([key, value]) => ({ key, value })),
    },
    root_selector: 'rows',
    columns,
  };
}
