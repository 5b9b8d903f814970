import { mkdirSync, renameSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { tempFiles } from '../test/support/files.js';
import { startRuawatch } from '../test/support/ruawatch.js';
import type { Running } from '../test/support/ruawatch.js';
import { median, writeReport } from './measure.js';

/**
 * `tsx bench/large-in-service.ts [records]`: one large report through the running service, with `/metrics` asked every second meanwhile.
 * The service's own gauges say how late its main thread was since they were last read; an idle one is read as 10 ms, the distance of their looks.
 */
const records = Number(process.argv[2] ?? 1_000_000);

interface Look {
  readonly answerMs: number;
  readonly delayP99Ms: number;
  readonly stored: boolean;
}

async function look(service: Running): Promise<Look> {
  const asked = performance.now();
  const page = await (await fetch(`${service.base}/metrics`)).text();
  const answerMs = performance.now() - asked;
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1] ?? 0);
  const delayP99Ms = value('nodejs_eventloop_lag_p99_seconds') * 1000;
  return { answerMs, delayP99Ms, stored: value('dmarc_reports_stored_total') === 1 };
}

async function watch(service: Running): Promise<Look[]> {
  const looks: Look[] = [];
  for (;;) {
    looks.push(await look(service));
    if (looks.at(-1)?.stored) return looks;
    await delay(1_000);
  }
}

const folder = await tempFiles();
try {
  const inbox = folder.at('in');
  mkdirSync(inbox);
  const config = folder.write('ruawatch.yaml', `directories:\n  - { path: ${inbox}, poll_seconds: 1 }\n`);
  await writeReport(folder.at('report.xml.gz'), { records, ownAddresses: true });
  const service = await startRuawatch({ RUAWATCH_CONFIG: config, RUAWATCH_DB: folder.at('ruawatch.db') });
  const idle = service.peakMemory();
  await look(service);
  renameSync(folder.at('report.xml.gz'), `${inbox}/report.xml.gz`);
  const started = performance.now();
  const looks = await watch(service);
  const seconds = (performance.now() - started) / 1000;
  const told = (name: string, values: readonly number[]) =>
    console.log(`${name}: median ${median(values).toFixed(0)} ms, worst ${Math.max(...values).toFixed(0)} ms`);
  console.log(`${records} records stored after ${seconds.toFixed(1)} s (the folder is looked at every second)`);
  told(`/metrics asked ${looks.length} times`, looks.map(({ answerMs }) => answerMs)); // prettier-ignore
  told('delay of the main thread, p99 of each second', looks.map(({ delayP99Ms }) => delayP99Ms)); // prettier-ignore
  console.log(`peak resident memory ${service.peakMemory().toFixed(0)} MiB, idle ${idle.toFixed(0)} MiB`);
  await service.stop();
} finally {
  await folder.remove();
}
