import Value from 'typebox/value';
import { Failure } from '../base/failure.js';
import { checkSetting } from './check.js';
import { chooseConfigFile } from './config-file.js';
import type { Config } from './config.js';
import { configSchema } from './config.js';
import type { Environment } from './process-environment.js';
import { layEnvironment } from './environment.js';
import type { ConfigDraft } from './resolve.js';
import { resolveConfig } from './resolve.js';
import { rootSetting } from './setting.js';
import { readYamlFile } from './yaml-file.js';

export interface ReadConfigOptions {
  /** The YAML file; else the one that RUAWATCH_CONFIG names; else `ownFile`. */
  readonly path?: string | undefined;
  /** Read when no other file is named and it is there; without it the working folder plays no part. */
  readonly ownFile?: string;
  readonly env: Environment;
  /** Settings of the command line; they win over the environment, which wins over the file. */
  readonly overrides?: Readonly<Partial<Config>>;
}

/**
 * The settings: file, then environment, then overrides; checked, defaults filled in, secrets read.
 * Throws a Failure with exit code 2 that names the setting and the remedy.
 */
export function readConfig(options: ReadConfigOptions): Config {
  const layered = layEnvironment(readFile(options), options.env);
  const origin = (path: string) => layered.paths.some((set) => isWithin(path, set));
  const draft = checkSetting(rootSetting, layOverrides(layered.tree, options.overrides ?? {}), '', origin);
  const config = resolveConfig(draft as ConfigDraft, origin);
  if (!Value.Check(configSchema, config)) {
    throw new Failure('the configuration does not fit its own description', {
      hint: 'this is a fault of ruawatch; please report it with the output of `ruawatch --version`',
    });
  }
  return config;
}

function isWithin(path: string, set: string): boolean {
  return set.endsWith('.') ? path.startsWith(set) : path === set || path.startsWith(`${set}[`);
}

function readFile({ path, env, ownFile }: ReadConfigOptions): unknown {
  const file = chooseConfigFile(path, env, ownFile);
  return file === null ? {} : (readYamlFile(file) ?? {});
}

function layOverrides(tree: unknown, overrides: Readonly<Partial<Config>>): unknown {
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  if (given.length === 0 || typeof tree !== 'object') return tree;
  return { ...tree, ...Object.fromEntries(given) };
}

/** Whether anything is configured that reports come from. A stored token with the scope push is a way in, too. */
export function hasSource(config: Config): boolean {
  const { mailboxes, directories, smtp, push_token: pushToken } = config;
  return mailboxes.length > 0 || directories.length > 0 || smtp !== null || pushToken !== null;
}

/** What to say of a configuration that has no source. */
export const noWayIn = {
  message: 'no mailbox, no directory and no other way in is configured',
  hint: 'set RUAWATCH_IMAP_HOST, RUAWATCH_IMAP_USER and RUAWATCH_IMAP_PASSWORD_FILE, or mailboxes in ruawatch.yaml; docs/ways-in.md has the other ways, such as a token of `ruawatch token add NAME --scope push`',
} as const;
