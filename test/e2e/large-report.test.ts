import { createWriteStream, mkdirSync, renameSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { reportXml } from '../../bench/report-xml.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { startRuawatch } from '../support/ruawatch.js';

const records = 100_000;
/** The bound that the project promises for a report of any size. */
const mostMemory = 250;

let folder: TempFiles;

beforeEach(async () => {
  folder = await tempFiles();
});

afterEach(async () => {
  await folder.remove();
});

it('a report of 100,000 records goes through the service in bounded memory, and /metrics answers meanwhile', async () => {
  const inbox = folder.at('in');
  mkdirSync(inbox);
  const config = folder.write('ruawatch.yaml', `directories:\n  - { path: ${inbox}, poll_seconds: 1 }\n`);
  const xml = Readable.from(reportXml({ records, ownAddresses: true }));
  await pipeline(xml, createGzip({ level: 1 }), createWriteStream(folder.at('report.xml.gz')));
  const service = await startRuawatch({ RUAWATCH_CONFIG: config, RUAWATCH_DB: folder.at('ruawatch.db') });
  renameSync(folder.at('report.xml.gz'), `${inbox}/report.xml.gz`);
  let answersBefore = -1;
  while ((await service.metric('dmarc_reports_stored_total')) !== 1) answersBefore += 1;
  expect(answersBefore).toBeGreaterThan(0);
  expect(await service.metric('dmarc_report_records_stored_total')).toBe(records);
  expect(service.peakMemory()).toBeLessThan(mostMemory);
  await service.stop();
}, 120_000);
