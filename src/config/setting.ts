import type { SettingNotes } from './config.js';
import { configSchema } from './config.js';

/** The schema as plain data: what the reader and the generated pages look at. */
export interface Setting extends SettingNotes {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Setting>>;
  readonly items?: Setting;
  readonly anyOf?: readonly Setting[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
}

export const rootSetting: Setting = configSchema;

/** The settings of a map, also when the map may be null; null when the setting is no map. */
export function fieldsOf(setting: Setting): Readonly<Record<string, Setting>> | null {
  if (setting.properties) return setting.properties;
  return setting.anyOf?.find((choice) => choice.properties)?.properties ?? null;
}

/** The settings of each map in a list; null when the setting is no list of maps. */
export function itemFieldsOf(setting: Setting): Readonly<Record<string, Setting>> | null {
  return setting.items ? fieldsOf(setting.items) : null;
}

/** A setting that has an environment variable: `group` is the map or list that it is in, or null at the top; the key of a map in that map has a dot. */
export interface EnvironmentSetting {
  readonly variable: string;
  readonly group: string | null;
  readonly key: string;
  readonly setting: Setting;
}

function variablesOf(
  group: string | null,
  fields: Readonly<Record<string, Setting>>,
  prefix = '',
): EnvironmentSetting[] {
  return Object.entries(fields).flatMap(([key, setting]) => {
    const inner = fieldsOf(setting);
    if (inner) return variablesOf(group, inner, `${prefix}${key}.`);
    return setting.env === undefined ? [] : [{ variable: setting.env, group, key: prefix + key, setting }];
  });
}

/** Every setting that can come from the environment, in the order of the schema. */
export const environmentSettings: readonly EnvironmentSetting[] = Object.entries(rootSetting.properties ?? {}).flatMap(
  ([key, setting]) => {
    const fields = fieldsOf(setting) ?? itemFieldsOf(setting);
    return fields ? variablesOf(key, fields) : variablesOf(null, { [key]: setting });
  },
);

/** How a setting is called in a message: where it was set first, then its other name. */
export function nameOf(path: string, variable: string | undefined, fromEnvironment: boolean): string {
  if (variable === undefined) return path;
  return fromEnvironment
    ? `${variable} (${path.replace(/\[\d+\]/g, '[]')} in the file)`
    : `${path} (${variable} in the environment)`;
}

/** A default or an example as people write it. */
export function plainValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
