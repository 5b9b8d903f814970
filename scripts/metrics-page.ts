import { labelSets, otherLabel } from '../src/observe/label-values.js';
import type { LabelSet } from '../src/observe/label-values.js';
import { metricDefinitions } from '../src/observe/metric-definitions.js';
import type { MetricDefinition } from '../src/observe/metric-definitions.js';

const closedSets = labelSets({ mailboxes: [], channels: [], rules: {} });

const kept: Readonly<Record<MetricDefinition['from'], string>> = {
  memory: 'since start',
  counters: 'in the database',
  stored: 'computed',
};

/** Where the values of a label come from. */
function valuesOf(set: LabelSet): string {
  if (set === 'domain')
    return `policy domains (the first \`metrics_max_domains\`, or those configured), \`${otherLabel}\``;
  if (set === 'mailbox') return 'names of mailboxes and directories; `ingest`';
  if (set === 'channel') return 'channels of alerts';
  if (set === 'rule') return 'rules of docs/detection.md';
  return closedSets[set].map((value) => `\`${value}\``).join(', ');
}

function row([name, { type, labels, help, from, buckets }]: readonly [string, MetricDefinition]): string {
  const bounds = buckets ? ` Buckets: ${buckets.join(', ')} s.` : '';
  const names = Object.keys(labels).map((label) => `\`${label}\``);
  return `| \`${name}\` | ${type} | ${names.join(', ')} | ${help.replaceAll(otherLabel, `\`${otherLabel}\``)}${bounds} | ${kept[from]} |`;
}

interface LabelUse {
  readonly metric: string;
  readonly label: string;
  readonly set: LabelSet;
}

const uses: readonly LabelUse[] = Object.entries<MetricDefinition>(metricDefinitions).flatMap(([metric, { labels }]) =>
  Object.entries(labels).map(([label, set]) => ({ metric, label, set })),
);

/** A label whose values differ from metric to metric has a row for each. */
function labelRow({ metric, label, set }: LabelUse): string {
  const isShared = uses.every((use) => use.label !== label || use.set === set);
  return `| \`${label}\`${isShared ? '' : ` of \`${metric}\``} | ${valuesOf(set)} |`;
}

/** docs/metrics.md. */
export function metricsPage(): string {
  return `# Metrics

Written by \`npm run docs\` from \`src/observe/metric-definitions.ts\`; edit that file, not this page.

\`GET /metrics\` answers in the Prometheus text format. Besides these there are the process's own (\`process_…\`, \`nodejs_…\`).
Every combination of label values that there can be is there from the first scrape, at 0: a rule has only the severities that it
gives, and one about the service has the domain "". What is _computed_ is absent until it is known: the first scrape after a start
waits a second for it at most.

Kept: a counter _in the database_ goes on after a restart; one _since start_ begins again at 0; a value _computed_ is what the
database said at the scrape before, or fifteen seconds before that.
[Decision 16](decisions/0016-numbers-for-a-scrape.md) says why, and what is not exposed.

The recent window is the last seven UTC days, today included, by the days that reports speak of. Reports come a day or two later:
its newest days are never complete. A sender's class is docs/detection.md's.

Rules over these metrics, with their tests: \`deploy/prometheus/\` (\`promtool test rules dmarc.rules.test.yml\`). The job must be
called \`dmarc\`. The same for Grafana's own alerting: \`grafana/provisioning/alerting/\`.

| metric | type | labels | meaning | kept |
| --- | --- | --- | --- | --- |
${Object.entries(metricDefinitions).map(row).join('\n')}

## Labels

Labels hold nothing else: source IPs, reporters and texts of reports are never labels. What is not listed counts as \`other\` where
that is a value, else as \`${otherLabel}\`.

| label | values |
| --- | --- |
${[...new Set(uses.map(labelRow))].sort().join('\n')}
`;
}
