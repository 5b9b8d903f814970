import type { Annotation, Dashboard } from './dashboard.js';
import * as charts from './overview-charts.js';
import { alertBands, alertTable, domainTable } from './overview-tables.js';
import * as stats from './overview-stats.js';
import { prometheusSource } from './queries.js';
import { dashboard } from './shell.js';
import { ofMetrics, prometheusVariable } from './variables.js';

const firing = (offset = ''): string => `sum by (domain, rule) (${stats.grave}${offset}) > 0`;

/** The hour in which an alert opens that needs somebody. */
const openings: Annotation = {
  name: 'Alerts that open',
  datasource: prometheusSource,
  enable: true,
  hide: false,
  iconColor: 'red',
  expr: `${firing()} unless ${firing(' offset 1h')}`,
  step: '30m',
  titleFormat: '{{rule}}',
  textFormat: '{{domain}}',
  tagKeys: 'rule,domain',
  useValueForTime: false,
};

export const overviewDashboard: Dashboard = dashboard({
  uid: 'dmarc-overview',
  title: 'DMARC: overview',
  description:
    'What fails now and since when, from Prometheus: our own mail apart from forwarders and forgers. Numbers are of a window of the last seven event days; its newest one or two days are incomplete.',
  variables: [prometheusVariable, ofMetrics('domain', 'Policy domain', 'label_values(dmarc_recent_messages, domain)')],
  annotation: openings,
  panels: [
    stats.needsYou,
    stats.newAlerts,
    stats.notedAlerts,
    stats.ownPassRate,
    stats.ownFailures,
    stats.completeThrough,
    stats.messages,
    stats.volumeChange,
    stats.passRate,
    stats.firstSeenFailing,
    stats.forwarded,
    stats.coverage,
    stats.detectionDelay,
    alertTable,
    domainTable,
    alertBands,
    charts.failuresByClass,
    charts.passByDomain,
    charts.messagesByClass,
    charts.failingByClass,
    charts.dispositions,
    charts.knownAlignment,
    charts.reporterLines,
    charts.arrivals,
  ],
});
