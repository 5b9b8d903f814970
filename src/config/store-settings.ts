import type { Config } from './config.js';
import { defaultDb } from './defaults.js';
import { processEnvironment } from './process-environment.js';

/** What a command needs that only stores. */
export type StoreSettings = Pick<Config, 'db' | 'authserv_ids'>;

const dbVariable = 'RUAWATCH_DB';

/**
 * The store's settings of command line, environment and file, as `readConfig` would give them. When nothing but the path of
 * the database is set the schema is not loaded: that takes longer than reading a hundred reports.
 */
export async function readStoreSettings(path: string | undefined, db: string | undefined): Promise<StoreSettings> {
  const env = processEnvironment();
  const isConfigured = Object.keys(env).some((name) => name.startsWith('RUAWATCH_') && name !== dbVariable);
  if (path === undefined && !isConfigured) return { db: db ?? (env[dbVariable] || defaultDb), authserv_ids: [] };
  const { readConfig } = await import('./read.js');
  return readConfig({ path, env, overrides: db === undefined ? {} : { db } });
}
