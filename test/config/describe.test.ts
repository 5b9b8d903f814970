import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configurationPage, exampleFile } from '../../src/config/describe.js';
import { readConfig } from '../../src/config/read.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ruawatch-config-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function written(text: string): string {
  const path = join(folder, 'ruawatch.yaml');
  writeFileSync(path, text);
  return path;
}

describe('the generated pages', () => {
  it('are the ones in the repository', () => {
    expect(readFileSync('config.example.yaml', 'utf8')).toBe(exampleFile());
    expect(readFileSync('docs/configuration.md', 'utf8')).toBe(configurationPage());
  });

  it('name every environment variable of the schema once', () => {
    const names = configurationPage().match(/\| `RUAWATCH_\w+` \|/g) ?? [];
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('| `RUAWATCH_IMAP_HOST` |');
    expect(names).toContain('| `RUAWATCH_WEBHOOK_SECRET_FILE` |');
  });
});

describe('the sample file', () => {
  it('changes nothing as it is', () => {
    expect(readConfig({ path: written(exampleFile()), env: {} })).toEqual(readConfig({ env: {} }));
  });

  it('is a good configuration once every setting is taken in', () => {
    const settings = exampleFile()
      .replace(/^#(?! \S)/gm, '')
      .replace('/etc/ruawatch/imap-password', 'fixtures/config/files/password')
      .replace('/etc/ruawatch/api-token', 'fixtures/config/files/api-token')
      .replace('/etc/ruawatch/webhook-secret', 'fixtures/config/files/webhook-secret');
    const config = readConfig({ path: written(settings), env: {} });
    expect(config.mailboxes[0]).toMatchObject({ name: 'reports', host: 'imap.example.org', password: 'correct-horse' });
    expect(config.directories[0]?.path).toBe('/var/spool/dmarc');
    expect(config.webhook?.url).toBe('https://hooks.example.org/ruawatch');
  });
});
