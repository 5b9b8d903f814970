import type { Config } from './config.js';

/** The settings of originals in days and bytes. */
export function originalsOf(config: Pick<Config, 'originals_days' | 'originals_mib'>): { days: number; bytes: number } {
  return { days: config.originals_days, bytes: config.originals_mib * 1024 * 1024 };
}
