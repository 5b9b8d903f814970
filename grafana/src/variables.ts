import type { Variable } from './dashboard.js';
import { all, allDomains, apiSource, ofDomain, ofReporter, rows, text } from './queries.js';

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

export const variables: readonly Variable[] = [
  dataSource('datasource', 'Prometheus', 'prometheus', { text: 'DMARC Prometheus', value: 'dmarc-prometheus' }),
  dataSource('api', 'ruawatch API', 'yesoreyeram-infinity-datasource', { text: 'DMARC API', value: 'dmarc-api' }),
  choices('domain', 'Policy domain', {}, allDomains),
  choices('reporter', 'Reporter', ofDomain, all),
  choices('source', 'Source IP', { ...ofDomain, ...ofReporter }, all),
];
