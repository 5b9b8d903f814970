import { row } from './charts.js';
import type { Annotation, Dashboard } from './dashboard.js';
import { apiSource, ofDomain, range, rows, text, time } from './queries.js';
import { dashboard } from './shell.js';
import * as days from './source-days.js';
import * as evidence from './source-evidence.js';
import { allSources, failingSources, newFailures, senderTable } from './source-tables.js';
import { sourceVariables } from './variables.js';

/** Event days, as on the charts: an alert opens when its report arrives, which is later. */
const alerts: Annotation = {
  name: 'DMARC alerts',
  datasource: apiSource,
  enable: true,
  hide: false,
  iconColor: 'red',
  target: {
    ...rows('/alerts/annotations', { ...range, ...ofDomain, severity: 'critical', limit: '200' }, [
      time('time', 'time'),
      time('time_end', 'timeEnd'),
      text('title', 'title'),
      text('text', 'text'),
      text('tags', 'tags'),
    ]),
    refId: 'Anno',
    format: 'dataframe',
  },
};

export const sourcesDashboard: Dashboard = dashboard({
  uid: 'dmarc-sources',
  title: 'DMARC: which of my IPs fail, reported by whom, since when',
  description:
    'Senders and source IPs per UTC day and per reporter, with the failures that are new in the range and the history of one source IP. Days are the days the reports speak of; reports come a day or two later, so the newest one or two days are incomplete.',
  variables: sourceVariables,
  annotation: alerts,
  panels: [
    row(100, 'Per event day', 0),
    days.messagesByResult,
    days.messagesByClass,
    days.failingByReporter,
    days.failingByClass,
    days.coverage,
    days.completeThrough,
    row(101, 'What fails', 19),
    evidence.alertTable,
    senderTable,
    newFailures,
    row(104, 'Source IPs', 48),
    failingSources,
    allSources,
    row(102, 'One source IP: choose it above, or click on one', 69),
    days.oneByResult,
    days.oneByReporter,
    evidence.recordTable,
    row(103, 'Reporters and DNS', 88),
    evidence.dkimTable,
    evidence.spfTable,
    evidence.reporterTable,
    evidence.domainTable,
    days.reportDelays,
    evidence.policyTable,
  ],
});
