import { createWriteStream, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { startRuawatch } from '../test/support/ruawatch.js';
import { tempDir } from '../test/support/temp.js';
import { reportXml } from './report-xml.js';

/** `tsx bench/large-in-service.ts [records]`: one large report through the running service, with `/metrics` asked every 100 ms meanwhile. */
const records = Number(process.argv[2] ?? 1_000_000);
const folder = await tempDir();
try {
  const inbox = join(folder.path, 'in');
  mkdirSync(inbox);
  const draft = join(folder.path, 'report.xml.gz');
  const xml = Readable.from(reportXml({ records, ownAddresses: true }));
  await pipeline(xml, createGzip({ level: 1 }), createWriteStream(draft));
  const service = await startRuawatch({ RUAWATCH_DIRECTORY: inbox, RUAWATCH_DB: join(folder.path, 'ruawatch.db') });
  const idle = service.peakMemory();
  renameSync(draft, join(inbox, 'report.xml.gz'));
  const started = performance.now();
  const answers: number[] = [];
  for (;;) {
    const asked = performance.now();
    const stored = await service.metric('dmarc_reports_stored_total');
    answers.push(performance.now() - asked);
    if (stored === 1) break;
    await delay(100);
  }
  const seconds = (performance.now() - started) / 1000;
  const sorted = answers.sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(0);
  console.log(`${records} records stored after ${seconds.toFixed(1)} s (the folder is looked at every 30 s)`);
  console.log(`/metrics asked ${sorted.length} times: median ${at(0.5)} ms, p95 ${at(0.95)} ms, slowest ${at(1)} ms`);
  console.log(`peak resident memory ${service.peakMemory().toFixed(0)} MiB, idle ${idle.toFixed(0)} MiB`);
  await service.stop();
} finally {
  await folder.remove();
}
