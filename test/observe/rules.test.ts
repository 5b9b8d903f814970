import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { ruleNames } from '../../src/model/finding.js';
import { metricDefinitions } from '../../src/observe/observe.js';
import { tempFiles } from '../support/files.js';
import { describeWith } from '../support/servers.js';

const rulesFile = 'deploy/prometheus/dmarc.rules.yml';
const testsFile = 'deploy/prometheus/dmarc.rules.test.yml';
const grafanaFile = 'grafana/provisioning/alerting/dmarc.yaml';

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly record?: string;
      readonly alert?: string;
      readonly expr: string;
      readonly for?: string;
      readonly labels?: object;
    }[];
  }[];
}
interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
  }[];
}
interface GrafanaRules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly uid: string;
      readonly title: string;
      readonly for: string;
      readonly labels: object;
      readonly condition: string;
      readonly annotations: { readonly summary: string };
      readonly data: readonly {
        readonly refId: string;
        readonly datasourceUid: string;
        readonly model: { readonly refId: string; readonly expr?: string; readonly expression?: string };
      }[];
    }[];
  }[];
}

const read = <T>(path: string) => parse(readFileSync(path, 'utf8')) as T;
const rules = read<Rules>(rulesFile).groups.flatMap((group) => group.rules);
const asked = read<RuleTests>(testsFile).tests.flatMap((test) => test.alert_rule_test);
const managed = read<GrafanaRules>(grafanaFile).groups.flatMap((group) => group.rules);
const promtool = (...args: readonly string[]) => {
  const { status, stderr, stdout } = spawnSync('promtool', args, { encoding: 'utf8' });
  return { status, said: status === 0 ? '' : stdout + stderr };
};
const fine = { status: 0, said: '' };

/** Metrics of an expression that are no metric of ours; histograms have three series. */
function strange(expr: string): string[] {
  const names = [...expr.matchAll(/(?<!:)\bdmarc_\w+\b(?!:)/g)].map(([name]) =>
    name.replace(/_(?:count|bucket|sum)$/, ''),
  );
  return names.filter((name) => !(name in metricDefinitions));
}

describeWith(['prometheus'], 'the rules for Prometheus', () => {
  it('are accepted by promtool', () => {
    expect(promtool('check', 'rules', '--lint=all', '--lint-fatal', rulesFile)).toEqual(fine);
  });

  it('fire when they should and not when they should not', () => {
    expect(promtool('test', 'rules', testsFile)).toEqual(fine);
  });

  it('are each tested firing and not firing', () => {
    const alerts = rules.flatMap(({ alert }) => (alert === undefined ? [] : [alert]));
    const tested = (fires: boolean) =>
      new Set(asked.filter((each) => each.exp_alerts.length > 0 === fires).map((each) => each.alertname));
    expect(alerts.length).toBeGreaterThan(10);
    expect(alerts.filter((alert) => !tested(true).has(alert) || !tested(false).has(alert))).toEqual([]);
  });

  it('ask for metrics and rules that there are', () => {
    expect(rules.flatMap(({ expr }) => strange(expr))).toEqual([]);
    const named = rules.flatMap(({ expr }) => [...expr.matchAll(/rule="(\w+)"/g)].map((match) => match[1] ?? ''));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !ruleNames.some((known) => known === name))).toEqual([]);
  });
});

describeWith(['prometheus'], 'the rules that Grafana manages', () => {
  it('are expressions that Prometheus reads, over metrics that there are', async () => {
    const exprs = managed.flatMap(({ data }) =>
      data.flatMap(({ model }) => (model.expr === undefined ? [] : [model.expr])),
    );
    const files = await tempFiles();
    const alerts = exprs.map((expr, i) => ({ alert: `A${i}`, expr }));
    const file = files.write('rules.yml', JSON.stringify({ groups: [{ name: 'g', rules: alerts }] }));
    expect(exprs).toHaveLength(managed.length);
    expect(promtool('check', 'rules', file)).toEqual(fine);
    expect(exprs.flatMap(strange)).toEqual([]);
    await files.remove();
  });

  it('are those for Prometheus, with what is recorded there written out', () => {
    const own = rules.flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, title: rule.alert }]));
    expect(managed.map(({ title }) => title)).toEqual(own.map(({ title }) => title));
    const tidy = (text: string) => text.replace(/\s+/g, ' ').trim();
    own.forEach((rule, i) => {
      const { data, labels, for: waits } = managed[i] ?? { data: [], labels: {}, for: '' };
      expect({ labels, waits }).toEqual({ labels: { team: 'dmarc', ...rule.labels }, waits: rule.for ?? '0s' });
      const expr = data[0]?.model.expr ?? '';
      if (!rule.expr.includes('domain:dmarc_')) expect(expr).toBe(tidy(rule.expr));
    });
    const low = managed.find(({ title }) => title === 'DmarcComplianceLow')?.data[0]?.model.expr ?? '';
    const ours = 'sum without (result, source_class) (dmarc_recent_messages{source_class=~"known|third_party"})';
    const failed = ours.replace('"}', '",result="fail"}');
    expect(low.replaceAll('( ', '(').replaceAll(' )', ')')).toBe(
      `(${failed} / (${ours} > 0)) > 0.05 and (${ours}) >= 100`,
    );
  });

  it('have a uid each, ask the provisioned data source, and judge what they asked', () => {
    expect(new Set(managed.map(({ uid }) => uid)).size).toBe(managed.length);
    for (const { condition, data } of managed) {
      expect(data.map(({ datasourceUid }) => datasourceUid)).toEqual(['dmarc-prometheus', '__expr__']);
      expect(data.map(({ refId, model }) => [refId, model.refId, model.expression])).toEqual([['A', 'A', undefined], [condition, condition, 'is_number($$A)']]); // prettier-ignore
    }
    const sources = readFileSync('grafana/provisioning/datasources/ruawatch.yaml', 'utf8');
    expect(sources).toContain('uid: dmarc-prometheus');
  });

  it('double every $ that Grafana must not take for a variable of its environment', () => {
    const lines = readFileSync(grafanaFile, 'utf8')
      .split('\n')
      .filter((line) => !line.trimStart().startsWith('#'));
    expect(lines.filter((line) => /(?<!\$)\$(?!\$)/.test(line))).toEqual([]);
  });
});
