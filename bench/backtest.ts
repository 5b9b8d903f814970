import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { daySeconds, utcDay } from '../src/base/clock.js';
import { generateMails } from '../src/demo/demo.js';
import { measure } from './measure.js';

/**
 * `tsx bench/backtest.ts [mails] [days]`: `ruawatch backtest` of a generated archive of 12 domains, one file a mail, and beside it
 * `ruawatch parse` and `ruawatch ingest` of the same files. The differences, in processor time, say how much of a backtest is reading,
 * storing and judging; `ingest` also waits for the disk and adds up for pages, so storing is a bit less. `npm run build` first.
 */
const mails = Number(process.argv[2] ?? 40_000);
const days = Number(process.argv[3] ?? 365);
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ruawatch-backtest-bench-'));
const archive = join(folder, 'archive');
const until = utcDay(Date.UTC(2025, 11, 31) / 1000);
const perFolder = 1_000;

function fill(): void {
  let made = 0;
  let minutes = 0;
  let last = 0;
  for (const { raw, receivedAt } of generateMails({ until, days, mails, breakOn: Math.floor(days / 4) })) {
    const inside = join(archive, String(Math.floor(made / perFolder)));
    if (made % perFolder === 0) mkdirSync(inside, { recursive: true });
    writeFileSync(join(inside, `${made}.eml`), raw);
    const minute = Math.floor(receivedAt / 60);
    if (minute !== last) minutes += 1;
    last = minute;
    made += 1;
  }
  const span = `${new Date((until - days * daySeconds) * 1000).toISOString().slice(0, 10)} on`;
  console.log(`${made} mails from ${span}, in ${minutes} different minutes`);
}

try {
  fill();
  console.log('             wall s    cpu s   mails/s      MiB');
  const commands: readonly (readonly [string, readonly string[]])[] = [
    ['backtest', ['backtest', archive]],
    ['parse', ['parse', archive]],
    ['ingest', ['ingest', archive, '--db', join(folder, 'ingest.db')]],
  ];
  const cpu: Record<string, number> = {};
  for (const [name, args] of commands) {
    const { seconds, cpuSeconds, mib } = await measure(process.execPath, [program, ...args], folder);
    const rate = String(Math.round(mails / seconds)).padStart(10);
    const figures = [seconds, cpuSeconds].map((each) => each.toFixed(2).padStart(9)).join('');
    console.log(`${name.padEnd(10)}${figures}${rate}${mib.toFixed(0).padStart(9)}`);
    cpu[name] = (cpuSeconds * 1000) / mails;
  }
  const { backtest = 0, parse = 0, ingest = 0 } = cpu;
  const split = [parse, ingest - parse, backtest - ingest].map((each) => each.toFixed(2));
  console.log(`ms a mail: reading ${split[0] ?? ''}, storing ${split[1] ?? ''}, judging ${split[2] ?? ''}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
