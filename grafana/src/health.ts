import { row } from './charts.js';
import type { Annotation, Dashboard } from './dashboard.js';
import { alertCharts, intakeCharts, mailboxCharts, processCharts, storeCharts } from './health-charts.js';
import { job, mailboxTable, states } from './health-state.js';
import { prometheusSource } from './queries.js';
import { dashboard } from './shell.js';
import { ofMetrics, prometheusVariable } from './variables.js';

const restarts: Annotation = {
  name: 'Starts of the service',
  datasource: prometheusSource,
  enable: true,
  hide: false,
  iconColor: 'blue',
  expr: `changes(process_start_time_seconds{${job}}[10m]) > 0`,
  step: '5m',
  titleFormat: 'started',
  textFormat: '{{instance}}',
  tagKeys: 'instance',
  useValueForTime: false,
};

export const healthDashboard: Dashboard = dashboard({
  uid: 'dmarc-service-health',
  title: 'DMARC: service health',
  description:
    'Whether ruawatch does its work: mailboxes, what became of every mail, notifications, store and process.',
  variables: [
    prometheusVariable,
    ofMetrics('job', 'Job', 'label_values(dmarc_build_info, job)'),
    ofMetrics('instance', 'Instance', 'label_values(dmarc_build_info{job=~"$job"}, instance)'),
  ],
  annotation: restarts,
  panels: [
    row(100, 'State', 0),
    ...states,
    row(101, 'Mailboxes', 4),
    mailboxTable,
    ...mailboxCharts,
    row(102, 'Mails and reports', 11),
    ...intakeCharts,
    row(103, 'Alerts and notifications', 28),
    ...alertCharts,
    row(104, 'Store', 37),
    ...storeCharts,
    row(105, 'Process', 46),
    ...processCharts,
  ],
});
