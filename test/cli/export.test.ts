import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { exportStore } from '../../src/cli/export.js';
import { csvLine } from '../../src/cli/export-reports.js';
import type { ExportOptions } from '../../src/cli/export.js';
import { limits } from '../../src/config/limits.js';
import { tempFiles } from '../support/files.js';
import { insert, march, sampleStore } from '../support/sample-store.js';
import type { SampleStore } from '../support/sample-store.js';
import { describeWith } from '../support/servers.js';
import { sumUp } from '../support/sums.js';

let store: SampleStore;
beforeEach(() => {
  store = sampleStore();
});
afterEach(() => store.close());

async function exported(options: ExportOptions, domains: readonly string[] = []): Promise<string> {
  const out = new PassThrough();
  const all = text(out);
  const code = await exportStore({ db: store.path, domains }, options, { out: out as unknown as NodeJS.WriteStream });
  out.end();
  expect(code).toBe(0);
  return all;
}

const linesOf = (csv: string) => csv.split('\r\n').slice(0, -1);

it('CSV has a line a record, and texts of reports stay in their cell', async () => {
  store.db.prepare("UPDATE records SET envelope_from = '=1+1' WHERE report = 1 AND verdict = 'fail'").run();
  const lines = linesOf(await exported({ format: 'csv' }));
  expect(lines).toHaveLength(10);
  const context =
    'example.com,google.com,r-1,2026-03-01T00:00:00Z,2026-03-01T23:59:59Z,2026-03-02T06:00:00Z,unverified';
  expect(lines[1]).toContain(`${context},198.51.100.10,10,pass_both,pass,pass,none,example.com,`);
  expect(lines[2]).toContain(`${context},203.0.113.20,2,fail,fail,fail,none,example.com,'=1+1,`);
  expect(lines[5]).toContain('example.com,"Evil, ""><script>",r-3,');
});

it.each([
  ['-1', "'-1"],
  ['@x', "'@x"],
  ['\uff1d1+1', "'\uff1d1+1"],
  ['\t=1+1', `"'\t'=1+1"`],
  ['a;=1+1', `"a;'=1+1"`],
  ['a\t+1', `"a\t'+1"`],
  ['a\n@x', `"a\n'@x"`],
  [`"";=1+1`, `""""";'=1+1"`],
  ['a;b', '"a;b"'],
  ['a=1, b-2', '"a=1, b-2"'],
  ['a-b@example.org', 'a-b@example.org'],
])('in CSV the text %j is written %j', (text, cell) => {
  expect(csvLine(['x', text, 1])).toBe(`x,${cell},1\r\n`);
});

it('days and domains choose', async () => {
  const chosen = await exported({ format: 'ndjson', domain: 'Example.org', from: '2026-03-05' });
  expect(chosen.trim().split('\n').map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ report_id: 'r-5', domain: 'example.org', source_ip: '2001:db8::30', messages: 10, result: 'fail' }),
  ]); // prettier-ignore
  expect(linesOf(await exported({ format: 'csv', to: '2026-03-01' }))).toHaveLength(3);
  expect(linesOf(await exported({ format: 'csv', from: '2026-03-01', to: '2026-03-01' }))).toHaveLength(3);
  expect(linesOf(await exported({ format: 'csv', from: '2026-03-06' }))).toHaveLength(1);
});

it('parsedmarc CSV has its 44 columns', async () => {
  const lines = linesOf(await exported({ format: 'parsedmarc-csv', domain: 'example.com', to: '2026-03-01' }));
  expect(lines).toHaveLength(3);
  const [names = [], first = []] = lines.map((line) => line.split(','));
  expect([names[0], names[19], names[28], names[43]]).toEqual(['xml_schema', 'source_ip_address', 'count', 'spf_results']); // prettier-ignore
  expect(names).toHaveLength(44);
  expect(first).toHaveLength(44);
  const cell = (name: string) => first[names.indexOf(name)];
  expect([cell('begin_date'), cell('end_date')]).toEqual(['2026-03-01 00:00:00', '2026-03-01 23:59:59']);
  expect([cell('source_ip_address'), cell('count'), cell('dmarc_aligned')]).toEqual(['198.51.100.10', '10', 'True']);
  expect([cell('dkim_domains'), cell('dkim_selectors'), cell('spf_scopes')]).toEqual(['example.com', 's1', 'mfrom']);
});

interface ParsedmarcReport {
  readonly report_metadata: { readonly report_id: string };
  readonly records: readonly { readonly count: number; readonly alignment: object }[];
}

it('parsedmarc JSON is one array of reports, those without records too', async () => {
  const reports = JSON.parse(await exported({ format: 'parsedmarc-json' })) as ParsedmarcReport[];
  expect(reports.map((each) => [each.report_metadata.report_id, each.records.length])).toEqual([['r-1', 2], ['r-2', 2], ['r-3', 3], ['r-4', 1], ['r-5', 1], ['r-6', 0]]); // prettier-ignore
  expect(reports[1]?.records[1]).toMatchObject({ count: 5, alignment: { spf: false, dkim: true, dmarc: true } });
  expect(JSON.parse(await exported({ format: 'parsedmarc-json', from: '2027-01-01' }))).toEqual([]);
});

it('OpenMetrics has a sample at midnight of each event day', async () => {
  const name = (domain: string, result: string) => `dmarc_daily_messages{domain="${domain}",result="${result}"}`;
  const lines = (await exported({ format: 'openmetrics' })).split('\n');
  expect(lines.slice(2, 6)).toEqual([
    `${name('example.com', 'pass_both')} 10 ${march(1)}`,
    `${name('example.com', 'pass_dkim')} 0 ${march(1)}`,
    `${name('example.com', 'pass_spf')} 0 ${march(1)}`,
    `${name('example.com', 'fail')} 2 ${march(1)}`,
  ]);
  expect(lines).toContain(`${name('example.org', 'fail')} 5 ${march(4)}`);
  expect(lines).toContain(`${name('example.org', 'fail')} 5 ${march(5)}`);
  expect(lines.slice(-2)).toEqual(['# EOF', '']);
  const folded = await exported({ format: 'openmetrics' }, ['example.com']);
  expect(folded).toContain(`${name('__other__', 'fail')} 5 ${march(5)}`);
  expect(folded).not.toContain('example.org');
});

it('OpenMetrics gives a label to as many learnt domains as the bound says, and none to what is no domain', async () => {
  const add = (id: number, name: string) => {
    insert(store.db, 'domains', { id, name });
    insert(store.db, 'daily_totals', { domain_id: id, day: march(6), source_id: 1, reporter_id: 1, verdict: 'fail', disposition: 'none', messages: 3, estimated: 0 }); // prettier-ignore
  };
  for (let id = 3; id <= limits.exportedDomains; id++) add(id, `d${id}.example`);
  sumUp(store.db);
  expect(await exported({ format: 'openmetrics' })).not.toContain('__other__');
  add(9_000, 'z.example');
  add(9_001, 'a"} 1\n');
  sumUp(store.db);
  const lines = (await exported({ format: 'openmetrics' })).split('\n');
  expect(lines.filter((line) => line.includes('__other__') && line.includes('fail'))).toEqual([`dmarc_daily_messages{domain="__other__",result="fail"} 6 ${march(6)}`]); // prettier-ignore
});

it.each([
  [{ format: 'xml' }, '--format xml is no format'],
  [{ format: 'csv', from: '1 March' }, '--from 1 March is no day'],
  [{ format: 'csv', to: '2026-02-31x' }, '--to 2026-02-31x is no day'],
  [{ format: 'csv', from: '2026-03-06', to: '2026-03-05' }, '--from is after --to'],
])('%j is refused', async (options, sentence) => {
  const refused = expect.objectContaining({ message: sentence, exitCode: 2 }) as unknown;
  await expect(exported(options)).rejects.toEqual(refused);
});

describeWith(['prometheus'], 'Prometheus', () => {
  it('takes the history in', async () => {
    const files = await tempFiles();
    const file = files.write('history.txt', await exported({ format: 'openmetrics' }));
    const data = join(files.path, 'data');
    const made = spawnSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', file, data], { encoding: 'utf8' });
    expect({ status: made.status, stderr: made.stderr }).toEqual({ status: 0, stderr: '' });
    // Dumping opens the folder as a whole, with a log of writes.
    mkdirSync(join(data, 'wal'));
    const { stdout } = spawnSync('promtool', ['tsdb', 'dump', data], { encoding: 'utf8' });
    const fails = stdout.split('\n').filter((line) => line.includes('example.org') && line.includes('result="fail"'));
    expect(fails.map((line) => line.replace(/^.*\} /, ''))).toEqual([`5 ${march(4)}000`, `5 ${march(5)}000`]);
    await files.remove();
  });
});
