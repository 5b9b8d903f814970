import type { Annotation, Dashboard } from './dashboard.js';
import { alertTable, domainTable, failingSources, newFailures, reporterTable } from './source-tables.js';
import { failingByReporter, messagesByResult } from './source-days.js';
import { apiSource, ofDomain, range, rows, text, time } from './queries.js';
import { backlog, completeThrough, messages, openAlerts, passRate, pollAge } from './source-stats.js';
import { variables } from './variables.js';

const builtIn: Annotation = {
  name: 'Annotations & Alerts',
  type: 'dashboard',
  builtIn: 1,
  datasource: { type: 'grafana', uid: '-- Grafana --' },
  enable: true,
  hide: true,
  iconColor: 'rgba(0, 211, 255, 1)',
};

/** Event days, as on the charts: an alert opens when its report arrives, which is later. */
const alerts: Annotation = {
  name: 'DMARC alerts',
  datasource: apiSource,
  enable: true,
  hide: false,
  iconColor: 'red',
  target: {
    ...rows('/alerts', { ...range, ...ofDomain, limit: '200' }, [
      time('first_day', 'time'),
      time('last_day', 'timeEnd'),
      text('summary', 'text'),
      text('rule', 'tags'),
    ]),
    refId: 'Anno',
    format: 'dataframe',
  },
};

export const sourcesDashboard: Dashboard = {
  id: null,
  uid: 'dmarc-sources',
  title: 'DMARC: which of my IPs fail, reported by whom, since when',
  description:
    'Source IPs whose mail fails DMARC, per UTC day and per reporter, with the failures that are new in the range. Days are the days the reports speak of; reports come a day or two later, so the newest one or two days are incomplete.',
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
  links: [],
  templating: { list: variables },
  annotations: { list: [builtIn, alerts] },
  panels: [
    openAlerts,
    passRate,
    messages,
    completeThrough,
    pollAge,
    backlog,
    messagesByResult,
    failingByReporter,
    alertTable,
    newFailures,
    failingSources,
    reporterTable,
    domainTable,
  ],
};
