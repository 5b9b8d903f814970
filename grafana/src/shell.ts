import type { Annotation, Dashboard } from './dashboard.js';

const builtIn: Annotation = {
  name: 'Annotations & Alerts',
  type: 'dashboard',
  builtIn: 1,
  datasource: { type: 'grafana', uid: '-- Grafana --' },
  enable: true,
  hide: true,
  iconColor: 'rgba(0, 211, 255, 1)',
};

/** The others of ours, with the range and the choices made here. */
const toOthers = {
  title: 'DMARC dashboards',
  type: 'dashboards',
  tags: ['dmarc'],
  asDropdown: false,
  includeVars: true,
  keepTime: true,
  targetBlank: false,
  icon: 'external link',
  tooltip: '',
  url: '',
};

type Own = Pick<Dashboard, 'uid' | 'title' | 'description' | 'panels'> & {
  readonly variables: Dashboard['templating']['list'];
  readonly annotation: Annotation;
};

/** What all dashboards have in common. */
export function dashboard({ variables, annotation, panels, ...own }: Own): Dashboard {
  return {
    id: null,
    ...own,
    tags: ['dmarc', 'ruawatch'],
    schemaVersion: 41,
    version: 1,
    editable: false,
    graphTooltip: 1,
    timezone: 'utc',
    time: { from: 'now-30d', to: 'now' },
    timepicker: { refresh_intervals: ['5m', '15m', '30m', '1h', '2h', '1d'] },
    refresh: '15m',
    fiscalYearStartMonth: 0,
    liveNow: false,
    weekStart: '',
    links: [toOthers],
    templating: { list: variables },
    annotations: { list: [builtIn, annotation] },
    panels,
  };
}
