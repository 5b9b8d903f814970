import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Backtest } from '../src/backtest.js';
import type { ToldLine } from '../src/backtest.js';
import type { RawMail } from '../src/model/raw-mail.js';
import { generateMails } from '../src/demo/demo.js';

/** `tsx bench/first-start.ts [mails] [days]`: a first start that finds all of them in the mailbox: the times, and what is told. */
const mails = Number(process.argv[2] ?? 10_000);
const days = Number(process.argv[3] ?? 181);
const until = Date.UTC(2025, 5, 30) / 1000;
const startsAt = until + 2 * 86_400;
const together = 200;
const folder = mkdtempSync(join(tmpdir(), 'ruawatch-first-start-'));

function rawMail(bytes: Buffer, number: number): RawMail {
  const origin = { source: 'ingest', folder: '', uidValidity: null, uid: null, path: `${number}.eml` };
  return { origin, content: { kind: 'bytes', bytes }, size: bytes.length, receivedAt: null };
}

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  console.log(`${name.padEnd(8)}${((performance.now() - started) / 1000).toFixed(2).padStart(8)} s`);
  return result;
}

try {
  const all = [...generateMails({ until, days, mails, breakOn: 0 })].map(({ raw }, i) => rawMail(raw, i));
  const told: ToldLine[] = [];
  const test = new Backtest({ db: join(folder, 'scratch.db'), domains: [], authservIds: [] }, (line) =>
    told.push(line),
  );
  await timed('store', async () => {
    for (let i = 0; i < all.length; i += together) await test.deliver(startsAt, all.slice(i, i + together));
  });
  await timed('judge', () => test.judge());
  await test.pass(startsAt + 86_400);
  await test.close();
  const moments = new Set(told.map(({ at }) => at)).size;
  const atOnce = told.filter(({ route }) => route === 'now').length;
  console.log(
    `${all.length} mails: ${atOnce} told at once, ${told.length - atOnce} in ${moments} summaries or digests`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
