import type { Config } from './config.js';
import { chooseConfigFile, ownConfigFile } from './config-file.js';
import { defaultDb, defaultOriginals } from './defaults.js';
import { processEnvironment } from './process-environment.js';

/** What a command needs that only stores. */
export type StoreSettings = Pick<
  Config,
  'db' | 'authserv_ids' | 'dkim_check' | 'dns_servers' | 'domains' | 'originals_days' | 'originals_mib' | 'senders'
>;

const defaults: Omit<StoreSettings, 'db'> = {
  authserv_ids: [],
  dkim_check: 'auto',
  dns_servers: [],
  domains: [],
  senders: [],
  ...defaultOriginals,
};

const dbVariable = 'RUAWATCH_DB';

/**
 * The store's settings of command line, environment and file, as `readConfig` would give them. When nothing but the path of
 * the database is set and there is no file, the schema is not loaded: that takes longer than reading a hundred reports.
 */
export async function readStoreSettings(path: string | undefined, db: string | undefined): Promise<StoreSettings> {
  const env = processEnvironment();
  const hasVariable = Object.keys(env).some((name) => name.startsWith('RUAWATCH_') && name !== dbVariable);
  const isConfigured = hasVariable || chooseConfigFile(path, env, ownConfigFile) !== null;
  if (!isConfigured) return { db: db ?? (env[dbVariable] || defaultDb), ...defaults };
  const { readConfig } = await import('./read.js');
  return readConfig({ path, env, ownFile: ownConfigFile, overrides: db === undefined ? {} : { db } });
}
