import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import yauzl from 'yauzl';
import { differences, type ExpectedFile } from '../support/report-expected.js';
import { lineOf } from '../support/report-line.js';

const corpus = resolve(import.meta.dirname, '../../../shared/corpus');
const isThere = existsSync(resolve(corpus, 'expected.ndjson'));

describe.skipIf(!isThere)('the corpus of real reports (runs where ../shared/corpus is)', () => {
  const files = isThere ? aggregateFiles() : [];
  const strict = files.filter(({ reports }) => reports.every((report) => report.strict));

  it('has reports to compare', () => {
    expect(strict.length).toBeGreaterThan(250);
  });

  it.each(strict)('reads $path as it is expected, field by field', async (file) => {
    const [expected] = file.reports;
    if (expected === undefined) throw new Error('the corpus expects no report');
    const line = lineOf(await xmlOf(file), file.path);
    expect(differences(expected, line)).toEqual([]);
  });

  it.each(files.filter((file) => !strict.includes(file)))('saves the rows of $path', async (file) => {
    const [expected] = file.reports;
    const line = JSON.parse(lineOf(await xmlOf(file), file.path)) as {
      readonly totals?: { readonly messages: number };
    };
    expect(line.totals?.messages).toBe(expected?.summary.messages);
  });
});

function aggregateFiles(): ExpectedFile[] {
  return readFileSync(resolve(corpus, 'expected.ndjson'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ExpectedFile)
    .filter((file) => file.kind === 'aggregate');
}

async function xmlOf(file: ExpectedFile): Promise<Buffer> {
  const path = resolve(corpus, file.path);
  if (file.container.startsWith('zip')) return firstMember(path);
  const bytes = readFileSync(path);
  return file.container.startsWith('gz') ? gunzipSync(bytes) : bytes;
}

async function firstMember(path: string): Promise<Buffer> {
  const zip = await new Promise<yauzl.ZipFile>((done, fail) => {
    yauzl.open(path, { lazyEntries: true }, (error, opened) => (error ? fail(error) : done(opened)));
  });
  const stream = await new Promise<NodeJS.ReadableStream>((done, fail) => {
    zip.once('entry', (entry: yauzl.Entry) => {
      zip.openReadStream(entry, (error, opened) => (error ? fail(error) : done(opened)));
    });
    zip.readEntry();
  });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
