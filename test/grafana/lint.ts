import type { Dashboard, Panel, Property, Row, Target } from '../../grafana/src/dashboard.js';
import { labelSets } from '../../src/observe/label-values.js';
import { metricDefinitions } from '../../src/observe/observe.js';
import type { MetricDefinition } from '../../src/observe/observe.js';

const sourceVariables: Readonly<Record<string, string>> = {
  prometheus: '${datasource}', // eslint-disable-line no-template-curly-in-string -- as Grafana writes it
  'yesoreyeram-infinity-datasource': '${api}', // eslint-disable-line no-template-curly-in-string -- as Grafana writes it
};

/** What is wrong with a dashboard; nothing when all is well. */
export function lint(dashboard: Dashboard): string[] {
  return [
    ...ofDashboard(dashboard),
    ...panelsOf(dashboard).flatMap((panel) => [...ofPanel(panel)]),
    ...(dashboard.uid === 'dmarc-service-health' ? [] : panelsOf(dashboard).flatMap((panel) => [...ofDays(panel)])),
    ...overlaps(dashboard.panels),
  ];
}

/** What draws data: all but the headings. */
export function panelsOf({ panels }: Dashboard): readonly Panel[] {
  return panels.filter((panel): panel is Panel => panel.type !== 'row');
}

/** Whoever shows event days says that the newest are not all there. */
function* ofDays({ id, title, description }: Panel): Generator<string> {
  if (!/incomplete/i.test(description)) yield `panel ${id} (${title}) does not say that the newest days are incomplete`;
}

function* ofDashboard({ id, uid, timezone, refresh, tags, panels, schemaVersion }: Dashboard): Generator<string> {
  if (id !== null) yield 'id must be null: Grafana gives it';
  if (!/^dmarc-[a-z-]+$/.test(uid)) yield 'uid must be fixed and begin with dmarc-';
  if (timezone !== 'utc') yield 'days are UTC: so must be the axis';
  if (!tags.includes('dmarc')) yield 'tag dmarc is missing';
  if (schemaVersion !== 41 && schemaVersion !== 42) yield 'schemaVersion must be 41 or 42';
  if (/^\d+s$|^[1-4]m$/.test(refresh)) yield `refresh ${refresh} is below five minutes`;
  const ids = panels.map((panel) => panel.id);
  if (new Set(ids).size !== ids.length) yield 'panel ids must be unique';
}

function* ofPanel(panel: Panel): Generator<string> {
  const { id, title, description, datasource, targets } = panel;
  const name = `panel ${id} (${title})`;
  if (title.trim() === '') yield `${name} has no title`;
  if (description.length < 40) yield `${name} has no description`;
  if (datasource.uid !== sourceVariables[datasource.type]) yield `${name} names a data source, not a variable`;
  if (targets.length === 0) yield `${name} asks nothing`;
  const refs = targets.map(({ refId }) => refId);
  if (refs.some((ref) => !/^[A-Z]$/.test(ref)) || new Set(refs).size !== refs.length) yield `${name} needs refIds`;
  for (const target of targets) yield* ofTarget(name, target);
  yield* ofFields(name, panel);
}

function* ofTarget(name: string, target: Target): Generator<string> {
  if (target.datasource.uid !== sourceVariables[target.datasource.type]) yield `${name}: a target names a data source`;
  if ('expr' in target) yield* ofPromql(name, target.expr);
  else if (!target.url.startsWith('/api/v1/')) yield `${name}: ${target.url} does not follow the data source's address`;
}

const buildInfo: MetricDefinition = { type: 'gauge', help: '', labels: {}, from: 'memory' };

function histogramOf(known: ReadonlyMap<string, MetricDefinition>, name: string): MetricDefinition | undefined {
  const found = known.get(name);
  return found?.type === 'histogram' ? found : undefined;
}

function* ofPromql(name: string, expr: string): Generator<string> {
  const known = new Map<string, MetricDefinition>(Object.entries(metricDefinitions));
  for (const [metric] of expr.matchAll(/\bdmarc_\w+/g)) {
    const base = metric.replace(/_(bucket|sum|count)$/, '');
    const definition = metric === 'dmarc_build_info' ? buildInfo : (known.get(metric) ?? histogramOf(known, base));
    if (definition === undefined) yield `${name}: there is no metric ${metric}`;
    const raw = new RegExp(`${metric}(\\{[^}]*\\})?(?!\\w|\\{|\\[)`).test(expr);
    if (definition !== undefined && definition.type !== 'gauge' && raw)
      yield `${name}: ${metric} is a counter without rate or increase`;
  }
}

/** Numbers need a unit: the panel's own or one that an override gives. */
function* ofFields(name: string, panel: Panel): Generator<string> {
  const { fieldConfig, targets } = panel;
  if (fieldConfig.defaults.unit === undefined) yield `${name} has no unit`;
  const columns = targets.flatMap((target) => ('columns' in target ? target.columns : []));
  for (const { matcher, properties } of fieldConfig.overrides) {
    const column = columns.find(({ text }) => text === matcher.options);
    if (!isNamed(panel, matcher.options)) yield `${name}: an override is for ${matcher.options}, which is no column`;
    if (column?.type === 'timestamp' && !has(properties, 'unit')) yield `${name}: ${column.text} needs a time format`;
  }
  const texts = targets
    .map((target) => ('columns' in target ? target.columns.slice(1).map(({ text }) => text) : []))
    .flat();
  if (new Set(texts).size !== texts.length) yield `${name}: two columns have one name`;
}

/** Values of labels that become names of series. */
const labelValues = new Set(Object.values(labelSets({ mailboxes: [], channels: [], rules: {} })).flat());

/** Whether a panel has a field of this name: a column, a renamed one, a legend, or a label's value. */
function isNamed({ targets, transformations, fieldConfig }: Panel, wanted: string): boolean {
  const renamed = transformations?.flatMap(({ options }) => Object.values(options.renameByName ?? {})) ?? [];
  const columns = targets.flatMap((target) => ('columns' in target ? target.columns.map(({ text }) => text) : []));
  const legends = targets.flatMap((target) => ('expr' in target ? [target.legendFormat, ...quoted(target.expr)] : []));
  if ([...renamed, ...columns, ...legends].includes(wanted)) return true;
  const fromLabels = legends.some((each) => each.includes('{{')) || fieldConfig.defaults.displayName !== undefined;
  return fromLabels && labelValues.has(wanted);
}

function quoted(expr: string): string[] {
  return [...expr.matchAll(/"([^"$]+)"/g)].map(([, text = '']) => text);
}

function has(properties: readonly Property[], id: string): boolean {
  return properties.some((each) => each.id === id);
}

function* overlaps(panels: readonly (Panel | Row)[]): Generator<string> {
  for (const [i, { id, gridPos: a }] of panels.entries()) {
    if (a.x < 0 || a.y < 0 || a.w < 1 || a.h < 1 || a.x + a.w > 24) yield `panel ${id} leaves the grid`;
    for (const { id: other, gridPos: b } of panels.slice(i + 1)) {
      const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
      if (!apart) yield `panels ${id} and ${other} overlap`;
    }
  }
}
