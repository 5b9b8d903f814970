import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseConfigFile } from '../../src/config/config-file.js';
import { readConfig } from '../../src/config/read.js';
import { readStoreSettings } from '../../src/config/store-settings.js';

const started = process.cwd();
let folder: string;
let own: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ruawatch-config-'));
  own = join(folder, 'ruawatch.yaml');
  writeFileSync(own, 'db: /own.db\nauthserv_ids: [mx.example.org]\n');
  for (const name of Object.keys(process.env)) if (name.startsWith('RUAWATCH_')) vi.stubEnv(name, undefined);
});

afterEach(() => {
  process.chdir(started);
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('the configuration file', () => {
  const env = { RUAWATCH_CONFIG: 'variable.yaml' };

  it('is the one of --config first, then that of RUAWATCH_CONFIG, then the own one', () => {
    expect(chooseConfigFile('line.yaml', env, own)).toEqual({ path: 'line.yaml', namedBy: '--config' });
    expect(chooseConfigFile(undefined, env, own)).toEqual({ path: 'variable.yaml', namedBy: 'RUAWATCH_CONFIG' });
    expect(chooseConfigFile(undefined, {}, own)).toEqual({ path: own, namedBy: null });
    expect(chooseConfigFile(undefined, { RUAWATCH_CONFIG: '' }, own)?.path).toBe(own);
  });

  it('is none when the own one is not there or not asked for', () => {
    expect(chooseConfigFile(undefined, {}, join(folder, 'absent.yaml'))).toBeNull();
    expect(chooseConfigFile(undefined, {})).toBeNull();
  });

  it('is read from the working folder when no other is named', () => {
    expect(readConfig({ env: {}, ownFile: own }).db).toBe('/own.db');
    expect(readConfig({ path: 'fixtures/config/full.yaml', env: {}, ownFile: own }).db).toBe('./data/ruawatch.db');
  });

  it('is named when it cannot be read', () => {
    expect(() => readConfig({ env: {}, ownFile: folder })).toThrow(
      `cannot read the configuration file ${folder}: it is a folder`,
    );
  });
});

describe('the settings of the store', () => {
  it('come from ruawatch.yaml in the working folder', async () => {
    process.chdir(folder);
    expect(await readStoreSettings(undefined, undefined)).toMatchObject({
      db: '/own.db',
      authserv_ids: ['mx.example.org'],
    });
    expect((await readStoreSettings(undefined, '/line.db')).db).toBe('/line.db');
  });

  it('are the defaults where there is no file', async () => {
    rmSync(own);
    process.chdir(folder);
    expect(await readStoreSettings(undefined, undefined)).toEqual({
      db: './data/ruawatch.db',
      authserv_ids: [],
      dkim_check: 'auto',
      dns_servers: [],
      domains: [],
      originals_days: 90,
      originals_mib: 1024,
      senders: [],
    });
  });
});
