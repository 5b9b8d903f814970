import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/read.js';
import { findProgram } from '../support/servers.js';
import { tempDir } from '../support/temp.js';

const path = 'deploy/systemd/ruawatch.service';
const unit = readFileSync(path, 'utf8');
const valuesOf = (key: string) => [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);

describe('ruawatch.service', () => {
  it('starts the command that the package installs', () => {
    const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: Record<string, string> };
    const [command = '', ...args] = valuesOf('ExecStart').join().split(' ');
    expect(Object.keys(bin)).toContain(basename(command));
    expect(args).toEqual(['serve']);
  });

  it('sets only variables that ruawatch knows, and keeps the database in the folder of its state', () => {
    const env = Object.fromEntries(valuesOf('Environment').map((each) => each.split('=') as [string, string]));
    expect(env['RUAWATCH_DB']).toBe(`%S/${valuesOf('StateDirectory').join()}/ruawatch.db`);
    const { RUAWATCH_CONFIG: file, ...others } = env;
    expect(file).toBe('/etc/ruawatch/ruawatch.yaml');
    expect(readConfig({ env: others }).db).toBe('%S/ruawatch/ruawatch.db');
  });

  it('names the credential in its hint as it loads it', () => {
    const [credential = ''] = valuesOf('LoadCredential').join().split(':');
    expect(unit).toContain(`password_file: /run/credentials/${basename(path)}/${credential}\n`);
  });

  it('is not started again over wrong settings, which end with 2', () => {
    expect(valuesOf('Restart')).toEqual(['on-failure']);
    expect(valuesOf('RestartPreventExitStatus')).toEqual(['2']);
  });
});

const found = findProgram('systemd-analyze');
const title = 'systemd-analyze';
if (found === null) console.warn(`NOT TESTED, ${title} NOT INSTALLED`);

describe.skipIf(found === null)(found === null ? `NOT TESTED, ${title} NOT INSTALLED` : title, () => {
  it('finds nothing to say about the unit', async () => {
    const folder = await tempDir();
    try {
      // It wants the command to be there; whether it is the right one is looked at above.
      const copy = join(folder.path, basename(path));
      writeFileSync(copy, unit.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
      const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', copy], {
        encoding: 'utf8',
      });
      expect(stdout + stderr).toBe('');
      expect(status).toBe(0);
    } finally {
      await folder.remove();
    }
  });

  it('rates its exposure at 2 of 10 or less', () => {
    const told = execFileSync('systemd-analyze', ['security', '--offline=yes', '--threshold=20', path], {
      encoding: 'utf8',
    });
    expect(told).toMatch(/Overall exposure level for ruawatch.service: [01]\.\d/);
  });
});
