import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** One forbidden import each: the file, what it imports, and the rule that has to say no. */
const plants: readonly (readonly [file: string, imports: string, rule: string])[] = [
  ['src/base/clock.ts', '../model/report.js', 'base-imports-only'],
  ['src/model/part.ts', '../base/clock.js', 'model-imports-only'],
  ['src/config/read.ts', '../model/report.js', 'config-imports-only'],
  ['src/observe/metrics.ts', '../store/store.js', 'observe-imports-only'],
  ['src/source/imap.ts', '../mail/mail.js', 'source-imports-only'],
  ['src/mail/mail.ts', '../unpack/unpack.js', 'mail-imports-only'],
  ['src/unpack/unpack.ts', '../report/report.js', 'unpack-imports-only'],
  ['src/report/report.ts', '../store/store.js', 'report-imports-only'],
  ['src/store/store.ts', '../report/report.js', 'store-imports-only'],
  ['src/store/reading/mails.ts', '../writing/ledger.js', 'store-writes-reads-and-watches-apart'],
  ['src/analyse/analyse.ts', '../notify/notify.js', 'analyse-imports-only'],
  ['src/notify/notify.ts', '../serve/serve.js', 'notify-imports-only'],
  ['src/serve/serve.ts', '../report/report.js', 'serve-imports-only'],
  ['src/ptr/ptr.ts', '../store/store.js', 'ptr-imports-only'],
  ['src/mail/keys.ts', 'node:dns/promises', 'one-asks-the-name-servers'],
  ['src/demo/demo.ts', '../observe/metrics.js', 'demo-imports-only'],
  ['src/serve/routes.ts', '../store/writing/ledger.js', 'one-door-a-room'],
  ['src/service.ts', './report/xml-reader.js', 'one-door-a-room'],
  ['src/pipeline.ts', './notify/notify.js', 'pipeline-knows-the-left-doors'],
  ['src/watch.ts', './report/report.js', 'watch-knows-store-analyse-notify'],
  ['src/worker.ts', './source/source.js', 'worker-knows-pipeline-watch-store'],
  ['src/intake.ts', './mail/mail.js', 'intake-knows-pipeline-store'],
  ['src/backtest.ts', './pipeline.js', 'backtest-knows-intake-watch-store'],
  ['src/worker-client.ts', './store/store.js', 'worker-client-knows-the-noun-of-watch'],
  ['src/worker-client.ts', './watch.js', 'worker-client-loads-no-room'],
  ['src/watch-schedule.ts', './store/store.js', 'watch-schedule-knows-no-room'],
  ['src/service.ts', './pipeline.js', 'service-leaves-mails-to-the-thread'],
  ['src/careful-delivery.ts', './store/store.js', 'careful-delivery-knows-the-handle'],
  ['src/main.ts', './store/store.js', 'main-knows-only-the-command-line'],
  ['src/service.ts', './cli/program.js', 'nothing-imports-the-command-line'],
  ['src/serve/sql.ts', 'better-sqlite3', 'bettersqlite3-only-in-store'],
  ['src/serve/counter.ts', 'prom-client', 'promclient-only-in-observe'],
  ['src/mail/inbox.ts', 'imapflow', 'imapflow-only-in-source'],
  ['src/observe/listen.ts', 'fastify', 'fastify-only-in-serve'],
  ['src/report/parser.ts', 'fast-xml-parser', 'fastxmlparser-only-in-demo'],
  ['src/report/oracle.ts', 'saxes', 'no-tools-at-run-time'],
  ['src/report/absent.ts', './nowhere.js', 'resolvable'],
  ['src/mail/first.ts', './second.js', 'no-cycles'],
];

/** Files that are imported above and break no rule themselves. */
const innocent = [
  'src/source/source.ts',
  'src/model/report.ts',
  'src/store/writing/ledger.ts',
  'src/report/xml-reader.ts',
  'src/cli/program.ts',
];

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

let folder: string;
let violations: readonly Violation[];

function plant(): void {
  const imports = new Map<string, string[]>(innocent.map((file) => [file, []]));
  imports.set('src/mail/second.ts', ['./first.js']);
  for (const [file, imported] of plants) imports.set(file, [...(imports.get(file) ?? []), imported]);
  for (const [file, list] of imports) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    // The rules hold for types alone too, but for the one about loading.
    const lines = list.map((imported) => `import ${imported === './watch.js' ? '' : 'type {} from '}'${imported}';\n`);
    writeFileSync(join(folder, file), `${lines.join('')}export const here = 1;\n`);
  }
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ruawatch-rooms-'));
  plant();
  for (const file of ['.dependency-cruiser.cjs', 'package.json', 'tsconfig.json']) cpSync(file, join(folder, file));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const program = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [program, 'src', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'];
  const output = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  ({
    summary: { violations },
  } = JSON.parse(output) as { summary: { violations: readonly Violation[] } });
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('an import against the rules is found', () => {
  it.each(plants)('%s may not import %s', (file, _imported, rule) => {
    expect(violations.filter(({ from }) => from === file).map((each) => each.rule.name)).toContain(rule);
  });
});

it('files without forbidden imports are left alone', () => {
  expect(violations.filter(({ from }) => innocent.includes(from))).toEqual([]);
});
