import type { Variable } from './dashboard.js';
import { all, apiSource, ofDomain, ofReporter, prometheusSource, rows, text } from './queries.js';

const shared = { hide: 0, skipUrlSync: false, options: [], regex: '' };

function dataSource(name: string, label: string, type: string, current: Variable['current']): Variable {
  return {
    ...shared,
    name,
    label,
    description: `The data source of type ${type} to ask.`,
    type: 'datasource',
    query: type,
    current,
    includeAll: false,
    multi: false,
    refresh: 1,
  };
}

/**
 * Choices from the API. The plugin gives variable queries no time range, so they ask for all of history (`from=0`):
 * the busiest thousand. Others may be typed in or come with a link.
 */
function choices(
  name: string,
  label: string,
  narrowedBy: Readonly<Record<string, string>>,
  allValue: string,
): Variable {
  const answer = [text('__text', '__text'), text('__value', '__value')];
  const query = { ...rows('/stats/variables', { name, from: '0', ...narrowedBy }, answer), refId: 'variable' };
  return {
    ...shared,
    name,
    label,
    description: `Narrows the panels to a ${label.toLowerCase()}; All takes every one.`,
    type: 'query',
    datasource: apiSource,
    definition: `${name} from the ruawatch API`,
    query: { queryType: 'infinity', query: '', refId: 'variable', infinityQuery: query },
    current: { text: 'All', value: '$__all' },
    includeAll: true,
    allValue,
    allowCustomValue: true,
    multi: true,
    refresh: 1,
    sort: 0,
  };
}

/** Values of a label in Prometheus. */
export function ofMetrics(name: string, label: string, query: string): Variable {
  return {
    ...shared,
    name,
    label,
    description: `Narrows the panels to a ${label.toLowerCase()}; All takes every one.`,
    type: 'query',
    datasource: prometheusSource,
    definition: query,
    query: { query, refId: 'variable' },
    current: { text: 'All', value: '$__all' },
    includeAll: true,
    allValue: '.*',
    allowCustomValue: true,
    multi: true,
    refresh: 2,
    sort: 1,
  };
}

export const prometheusVariable = dataSource('datasource', 'Prometheus', 'prometheus', {
  text: 'DMARC Prometheus',
  value: 'dmarc-prometheus',
});
const api = { text: 'DMARC API', value: 'dmarc-api' };
const apiVariable = dataSource('api', 'ruawatch API', 'yesoreyeram-infinity-datasource', api);

const choicesOfIp = choices('source', 'Source IP', { ...ofDomain, ...ofReporter }, all);

/** One source IP, at first the busiest. */
const { allValue: _, ...withoutAll } = choicesOfIp;
const oneIp: Variable = {
  ...withoutAll,
  name: 'ip',
  label: 'History of',
  description: 'The source IP of the row "One source IP".',
  current: { text: '', value: '' },
  includeAll: false,
  multi: false,
};

/** Where links to an alert lead. The API does not know how a browser reaches the page. */
const pageAddress: Variable = {
  ...shared,
  name: 'page',
  label: 'Page of ruawatch',
  description: 'Address at which your browser reaches ruawatch, without a slash at the end.',
  type: 'textbox',
  query: 'http://127.0.0.1:8080',
  current: { text: 'http://127.0.0.1:8080', value: 'http://127.0.0.1:8080' },
  includeAll: false,
  multi: false,
  refresh: 0,
};

export const sourceVariables: readonly Variable[] = [
  apiVariable,
  choices('domain', 'Policy domain', {}, all),
  choices('source_class', 'Class of sender', ofDomain, all),
  choices('sender', 'Sender', ofDomain, all),
  choices('reporter', 'Reporter', ofDomain, all),
  choicesOfIp,
  oneIp,
  pageAddress,
];
