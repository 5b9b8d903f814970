import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}

const head = `# Written by \`npm run docs\` from deploy/prometheus/dmarc.rules.yml, for people who alert from Grafana and not from Prometheus: use one
# of the two. There are no contact points and no policies here, for a provisioned policy replaces all others: take one of
# deploy/grafana, or route by the label team. Every query compares for itself, so any answer fires and none is well. Grafana expands $ in this file from its
# environment, so a $ that it shall keep is doubled. What Prometheus keeps firing for a while ends at once here.
`;

/** The rules for Prometheus as Grafana provisions them. */
export function grafanaAlerts(): string {
  const file = parse(readFileSync('deploy/prometheus/dmarc.rules.yml', 'utf8')) as RuleFile;
  const rules = file.groups.flatMap((group) => group.rules);
  const records = rules.filter(({ record }) => record !== undefined);
  const managed = rules.flatMap((rule) => (rule.alert === undefined ? [] : [managedRule(rule, rule.alert, records)]));
  const group = { orgId: 1, name: 'dmarc', folder: 'DMARC', interval: '1m', rules: managed };
  return head + stringify({ apiVersion: 1, groups: [group] }, { lineWidth: 0, aliasDuplicateObjects: false });
}

function managedRule(rule: Rule, title: string, records: readonly Rule[]) {
  const span = { relativeTimeRange: { from: 600, to: 0 } };
  const asked = { refId: 'A', ...span, datasourceUid: 'dmarc-prometheus' };
  const judged = { refId: 'C', ...span, datasourceUid: '__expr__' };
  return {
    uid: title.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase(),
    title,
    condition: 'C',
    data: [
      { ...asked, model: { refId: 'A', instant: true, expr: doubled(withoutRecords(rule.expr, records)) } },
      { ...judged, model: { refId: 'C', type: 'math', expression: doubled('is_number($A)') } },
    ],
    noDataState: 'OK',
    execErrState: 'Error',
    for: rule.for ?? '0s',
    labels: { team: 'dmarc', ...rule.labels },
    annotations: Object.fromEntries(
      Object.entries(rule.annotations ?? {}).map(([name, text]) => [
        name,
        doubled(text.replaceAll('$value', '$values.A.Value')),
      ]),
    ),
  };
}

/** Grafana evaluates no recording rules of this file. */
function withoutRecords(expr: string, records: readonly Rule[]): string {
  const inlined = records.reduce(
    (text, { record, expr: recorded }) => text.replaceAll(record ?? '', `(${recorded})`),
    expr,
  );
  return inlined.replace(/\s+/g, ' ').trim();
}

function doubled(text: string): string {
  return text.replaceAll('$', '$$$$');
}
