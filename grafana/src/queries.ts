import type { Column, ColumnType, DataSource, InfinityTarget, PrometheusTarget } from './dashboard.js';

/** Data sources are named by variables, so that a dashboard works imported or provisioned, whatever they are called there. */
export const prometheusSource: DataSource = { type: 'prometheus', uid: `\${datasource}` };
export const apiSource: DataSource = { type: 'yesoreyeram-infinity-datasource', uid: `\${api}` };

/** The value of All in lists that the API takes. */
export const all = '*';

type Parameters = Readonly<Record<string, string>>;

/** Every `from`, `to` of the dashboard, in milliseconds. Replaced by the plugin's server side, so they work where no browser is. */
export const range: Parameters = { from: `\${__timeFrom}`, to: `\${__timeTo}` };
export const ofDomain: Parameters = { domain: `\${domain:csv}` };
export const ofReporter: Parameters = { reporter: `\${reporter:csv}` };
export const ofSource: Parameters = { source: `\${source:csv}` };
export const ofSender: Parameters = { sender: `\${sender:csv}` };
export const ofClass: Parameters = { source_class: `\${source_class:csv}` };
/** The one source IP whose history is shown. */
export const ofIp: Parameters = { source: `\${ip:csv}` };
/** Without the class and name of the sender, which not all paths take. */
export const filtersOfReports: Parameters = { ...range, ...ofDomain, ...ofReporter, ...ofSource };
export const filters: Parameters = { ...filtersOfReports, ...ofSender, ...ofClass };

type RefId = 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I';

function prometheus(
  refId: RefId,
  expr: string,
  rest: Pick<PrometheusTarget, 'legendFormat' | 'instant' | 'format'>,
): PrometheusTarget {
  return { refId, datasource: prometheusSource, expr, range: !rest.instant, ...rest };
}

/** The value now, one for each series. */
export function promql(expr: string, legendFormat: string, refId: RefId = 'A'): PrometheusTarget {
  return prometheus(refId, expr, { legendFormat, instant: true, format: 'time_series' });
}

/** Values over the range of the dashboard, a line for each series. */
export function series(expr: string, legendFormat: string, refId: RefId = 'A'): PrometheusTarget {
  return prometheus(refId, expr, { legendFormat, instant: false, format: 'time_series' });
}

/** The values now as rows; the value of query A is in the column `Value #A`. */
export function labelled(refId: RefId, expr: string): PrometheusTarget {
  return prometheus(refId, expr, { legendFormat: '', instant: true, format: 'table' });
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
