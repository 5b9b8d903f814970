import { existsSync } from 'node:fs';
import type { Environment } from './process-environment.js';

/** Names the YAML file; not a setting of that file. */
export const configVariable = 'RUAWATCH_CONFIG';

/** The YAML file that is read from the working folder when none is named. */
export const ownConfigFile = 'ruawatch.yaml';

export interface ConfigFile {
  readonly path: string;
  /** What names it; null for the one in the working folder. */
  readonly namedBy: string | null;
}

/** The YAML file: of the command line, else of RUAWATCH_CONFIG, else `own` when it is there; null for none. */
export function chooseConfigFile(path: string | undefined, env: Environment, own?: string): ConfigFile | null {
  if (path !== undefined) return path === '' ? null : { path, namedBy: '--config' };
  const fromVariable = env[configVariable] ?? '';
  if (fromVariable !== '') return { path: fromVariable, namedBy: configVariable };
  return own !== undefined && existsSync(own) ? { path: own, namedBy: null } : null;
}
