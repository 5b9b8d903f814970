import type { Dashboard, Panel, Property, Target } from '../../grafana/src/dashboard.js';
import { metricDefinitions } from '../../src/observe/observe.js';

const sourceVariables: Readonly<Record<string, string>> = {
  prometheus: '${datasource}', // eslint-disable-line no-template-curly-in-string -- as Grafana writes it
  'yesoreyeram-infinity-datasource': '${api}', // eslint-disable-line no-template-curly-in-string -- as Grafana writes it
};

/** What is wrong with a dashboard; nothing when all is well. */
export function lint(dashboard: Dashboard): string[] {
  return [
    ...ofDashboard(dashboard),
    ...dashboard.panels.flatMap((panel) => [...ofPanel(panel)]),
    ...overlaps(dashboard.panels),
  ];
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
  if (!/incomplete/.test(description)) yield `${name} does not say that the newest days are incomplete`;
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

function* ofPromql(name: string, expr: string): Generator<string> {
  const known = new Map(Object.entries(metricDefinitions));
  for (const [metric] of expr.matchAll(/\bdmarc_\w+/g)) {
    const definition = known.get(metric);
    if (definition === undefined) yield `${name}: there is no metric ${metric}`;
    const raw = new RegExp(`${metric}(\\{[^}]*\\})?(?!\\w|\\{|\\[)`).test(expr);
    if (definition?.type === 'counter' && raw) yield `${name}: ${metric} is a counter without rate or increase`;
  }
}

/** Numbers need a unit: the panel's own or one that an override gives. */
function* ofFields(name: string, { fieldConfig, targets }: Panel): Generator<string> {
  if (fieldConfig.defaults.unit === undefined) yield `${name} has no unit`;
  const columns = targets.flatMap((target) => ('columns' in target ? target.columns : []));
  for (const { matcher, properties } of fieldConfig.overrides) {
    const column = columns.find(({ text }) => text === matcher.options);
    if (column === undefined) yield `${name}: an override is for ${matcher.options}, which is no column`;
    if (column?.type === 'timestamp' && !has(properties, 'unit')) yield `${name}: ${column.text} needs a time format`;
  }
  if (new Set(columns.map(({ text }) => text)).size !== columns.length) yield `${name}: two columns have one name`;
}

function has(properties: readonly Property[], id: string): boolean {
  return properties.some((each) => each.id === id);
}

function* overlaps(panels: readonly Panel[]): Generator<string> {
  for (const [i, { id, gridPos: a }] of panels.entries()) {
    if (a.x < 0 || a.y < 0 || a.w < 1 || a.h < 1 || a.x + a.w > 24) yield `panel ${id} leaves the grid`;
    for (const { id: other, gridPos: b } of panels.slice(i + 1)) {
      const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
      if (!apart) yield `panels ${id} and ${other} overlap`;
    }
  }
}
