import { Failure } from '../base/failure.js';
import { configVariable } from './config-file.js';
import { nearest } from './nearest.js';
import type { Environment } from './process-environment.js';
import type { EnvironmentSetting } from './setting.js';
import { environmentSettings, rootSetting } from './setting.js';

/** Variables that Kubernetes makes for a Service called ruawatch; nobody wrote them. */
const kubernetes = /^RUAWATCH_(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT_\d+_(TCP|UDP|SCTP)(_.+)?)$/;

/** Throws a Failure for a variable that looks like ours and is not. */
function refuseUnknown(env: Environment): void {
  const known = [configVariable, ...environmentSettings.map((each) => each.variable)];
  for (const name of Object.keys(env).sort()) {
    if (!name.startsWith('RUAWATCH_') || known.includes(name) || kubernetes.test(name)) continue;
    if (name.endsWith('_PORT') && env[name]?.startsWith('tcp://')) continue;
    const meant = nearest(name, known);
    throw new Failure(`unknown environment variable ${name}`, {
      hint: meant === null ? 'unset it; docs/configuration.md lists every variable' : `did you mean ${meant}?`,
      exitCode: 2,
    });
  }
}

type Tree = Record<string, unknown>;

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export interface Layered {
  readonly tree: unknown;
  /** Paths, or groups with a trailing dot, whose value came from the environment. */
  readonly paths: readonly string[];
}

/** Lays the environment over the file's settings. An empty variable counts as not set. */
export function layEnvironment(file: unknown, env: Environment): Layered {
  refuseUnknown(env);
  const set = environmentSettings.filter((each) => (env[each.variable] ?? '') !== '');
  if (!isTree(file)) return { tree: file, paths: [] };
  const tree = { ...file };
  const paths: string[] = [];
  for (const [group, members] of grouped(set)) {
    const values = members.map((each) => [each, valueOf(each, env[each.variable] ?? '')] as const);
    paths.push(...layGroup(tree, group, values));
  }
  return { tree, paths };
}

function grouped(settings: readonly EnvironmentSetting[]): Map<string | null, EnvironmentSetting[]> {
  const groups = new Map<string | null, EnvironmentSetting[]>();
  for (const each of settings) groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
  return groups;
}

type Values = readonly (readonly [EnvironmentSetting, unknown])[];

/** Lists get one more item; maps and the top get single values. Returns the paths that were set. */
function layGroup(tree: Tree, group: string | null, values: Values): string[] {
  if (group === null) return overlay(tree, values, '');
  const present = tree[group] ?? null;
  if (rootSetting.properties?.[group]?.type === 'array') {
    if (present !== null && !Array.isArray(present)) return [];
    const item: Tree = {};
    overlay(item, values, '');
    const items: readonly unknown[] = present ?? [];
    tree[group] = [...items, item];
    return [`${group}[${items.length}].`];
  }
  if (present !== null && !isTree(present)) return [];
  const map = { ...present };
  tree[group] = map;
  return overlay(map, values, `${group}.`);
}

/** A secret given one way in the environment displaces the file's, whichever way that one is given. */
function overlay(target: Tree, values: Values, prefix: string): string[] {
  for (const [each] of values) {
    delete target[each.key.endsWith('_file') ? each.key.slice(0, -'_file'.length) : `${each.key}_file`];
  }
  for (const [each, value] of values) setAt(target, each.key.split('.'), value);
  return values.map(([each]) => prefix + each.key);
}

function setAt(target: Tree, [key = '', ...inner]: readonly string[], value: unknown): void {
  if (inner.length === 0) {
    target[key] = value;
    return;
  }
  const map = isTree(target[key]) ? { ...target[key] } : {};
  target[key] = map;
  setAt(map, inner, value);
}

/** A number, yes or no, or list out of a variable's text; text that is none of these stays and is refused by the check. */
function valueOf({ key, setting }: EnvironmentSetting, text: string): unknown {
  if (setting.type === 'integer') return /^\d+$/.test(text.trim()) ? Number(text.trim()) : text;
  if (setting.type === 'boolean') return { true: true, false: false }[text.trim()] ?? text;
  if (setting.type !== 'array') return text;
  if (key === 'folders') return [text];
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
