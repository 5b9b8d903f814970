import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { changeAlert, listAlerts, showAlert } from '../../src/cli/alerts.js';
import type { CommandContext } from '../../src/cli/context.js';
import { openWriter } from '../../src/store/database.js';

let folder: string;
let settings: Parameters<typeof listAlerts>[0];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ruawatch-alerts-'));
  settings = { db: join(folder, 'test.db'), listen: '127.0.0.1:1', api_token: null };
  openWriter(settings.db).close();
});

afterEach(() => rmSync(folder, { recursive: true }));

function streams(): CommandContext & { said(): string[] } {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const context = { out, err, signal: new AbortController().signal } as unknown as CommandContext;
  return { ...context, said: () => [String(out.read() ?? ''), String(err.read() ?? '')] };
}

test('a list without alerts says so beside the output, and not at all as JSON', async () => {
  for (const [options, said] of [
    [{}, 'no alert is open\n'],
    [{ all: true }, 'there is no alert\n'],
    [{ json: true }, ''],
  ] as const) {
    const context = streams();
    expect(await listAlerts(settings, options, context)).toBe(0);
    expect(context.said()).toEqual(['', said]);
  }
});

test('an alert that there is not is named, without control characters, and where to look', async () => {
  const expected = { message: 'there is no alert a?b', hint: '`ruawatch alerts list --all` lists them' };
  await expect(showAlert(settings, 'a\tb', {}, streams())).rejects.toMatchObject(expected);
  const change = { id: 'a\tb', kind: 'ack' } as const;
  await expect(changeAlert(settings, change, {}, streams())).rejects.toMatchObject(expected);
});

test.each([undefined, 'tomorrow', '2020-01-01', '2999-02-31', ''])('ignoring until %s is wrong use', async (until) => {
  const change = { id: 'al_1', kind: 'ignore' } as const;
  const options = until === undefined ? {} : { until };
  await expect(changeAlert(settings, change, options, streams())).rejects.toMatchObject({
    message: `--until ${until ?? ''} is no day or time to come`,
    exitCode: 2,
  });
});
