import Value from 'typebox/value';
import { Failure } from '../base/failure.js';
import { plainText } from '../base/text.js';
import { nearest } from './nearest.js';
import type { Setting } from './setting.js';
import { fieldsOf, nameOf, plainValue } from './setting.js';

/** Whether the value at a path came from the environment; decides which name of it comes first in a message. */
export type Origin = (path: string) => boolean;

/**
 * Checks plain data against a setting and everything in it, and fills in the defaults.
 * Secrets and derived settings that are absent stay absent. Throws a Failure for the first thing wrong.
 */
export function checkSetting(setting: Setting, value: unknown, path: string, origin: Origin): unknown {
  const fields = fieldsOf(setting);
  if (fields) return checkMap(fields, value, path, origin);
  if (setting.type === 'array' && setting.items && Array.isArray(value) && satisfiesLength(setting, value)) {
    const { items } = setting;
    return value.map((item: unknown, index) =>
      checkSetting({ ...notesOf(setting), ...items }, item, `${path}[${index}]`, origin),
    );
  }
  if (Value.Check(setting, value)) return value;
  throw wrongValue(setting, value, nameOf(path, setting.env, origin(path)));
}

/** The items of a list go by the list's own variable. */
function notesOf(setting: Setting): Setting {
  return setting.env === undefined ? {} : { env: setting.env };
}

function satisfiesLength(setting: Setting, value: readonly unknown[]): boolean {
  if (value.length > (setting.maxItems ?? Infinity)) return false;
  return value.length > 0 || Value.Check(setting, value);
}

function checkMap(
  fields: Readonly<Record<string, Setting>>,
  value: unknown,
  path: string,
  origin: Origin,
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Failure(`${path || 'the configuration file'} must be a map of settings (name: value)`, {
      hint: 'config.example.yaml shows the form',
      exitCode: 2,
    });
  }
  const given: Readonly<Record<string, unknown>> = { ...value };
  const prefix = path === '' ? '' : `${path}.`;
  for (const key of Object.keys(given)) if (!Object.hasOwn(fields, key)) throw unknownKey(prefix, key, fields);
  const checked: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(fields)) {
    const found = given[key] ?? defaultOf(field);
    const at = prefix + key;
    if (found === undefined && !field.derived && !Object.hasOwn(fields, `${key}_file`))
      throw missing(field, at, origin);
    if (found !== undefined) checked[key] = found === null ? null : checkSetting(field, found, at, origin);
  }
  return checked;
}

function defaultOf(setting: Setting): unknown {
  return structuredClone(setting.default);
}

function unknownKey(prefix: string, key: string, fields: Readonly<Record<string, Setting>>): Failure {
  const meant = nearest(key, Object.keys(fields));
  return new Failure(`unknown setting ${prefix}${plainText(key, 60)}`, {
    hint: meant === null ? 'remove it; docs/configuration.md lists every setting' : `did you mean ${meant}?`,
    exitCode: 2,
  });
}

function missing(setting: Setting, path: string, origin: Origin): Failure {
  const fromEnvironment = origin(path);
  const example = setting.example === undefined ? '' : `, for example ${plainValue(setting.example)}`;
  return new Failure(`${nameOf(path, setting.env, fromEnvironment)} is not set`, {
    hint: fromEnvironment ? `other variables of its group are set, so set this one too${example}` : `set it${example}`,
    exitCode: 2,
  });
}

/** `name must be X, not Y`, without Y for a secret. */
export function wrongValue(setting: Setting, value: unknown, name: string): Failure {
  const not = setting.secret ? '' : `, not ${shown(value)}`;
  return new Failure(`${name} must be ${expectation(setting)}${not}`, {
    hint: remedy(setting, value),
    exitCode: 2,
  });
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  return JSON.stringify(typeof value === 'string' ? plainText(value, 60) : value);
}

/** What a good value is, in words. */
export function expectation(setting: Setting): string {
  if (setting.expects !== undefined) return setting.expects;
  if (setting.type === 'integer') return `a whole number from ${setting.minimum ?? 0} to ${setting.maximum ?? 0}`;
  if (setting.type === 'array') return Value.Check(setting, []) ? 'a list' : 'a list with at least one entry';
  const words = setting.anyOf?.flatMap((choice) => (typeof choice.const === 'string' ? [choice.const] : [])) ?? [];
  return words.length === 0 ? 'text' : `one of ${words.join(', ')}`;
}

/** What to do about a value that was refused. */
export function remedy(setting: Setting, value: unknown): string {
  if (setting.type === 'array') return 'write it as a list, one entry a line, each after "- "';
  const scalar = setting.type === 'integer' || setting.type === 'boolean';
  if (!scalar && (typeof value === 'number' || typeof value === 'boolean')) {
    return 'put the value in quotes';
  }
  if (setting.make !== undefined) return `make one with: ${setting.make}`;
  const usual = setting.default ?? null;
  if (usual !== null) return `correct it, or leave it out for ${plainValue(usual)}`;
  return setting.example === undefined ? 'correct it' : `write for example ${plainValue(setting.example)}`;
}
