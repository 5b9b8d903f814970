import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/base/clock.js';
import { limits } from '../src/config/limits.js';
import { generateMails } from '../src/demo/demo.js';
import { storeMails } from '../src/intake.js';
import type { RawMail } from '../src/model/raw-mail.js';
import { openSenderCheck } from '../src/pipeline.js';
import { StoreWriter } from '../src/store/store.js';
import { makeKey, nameOf, recordOf, signMail, zoneOf } from '../test/support/dkim.js';
import type { TestKey } from '../test/support/dkim.js';

/** Reading and storing 500 signed report mails, with the check of signatures off and on. Runs alternate; the best of each counts, for the machine is shared. */
const runs = 5;
const batch = 50;

const keys = new Map<string, TestKey>();
const mails = [...generateMails({ until: 1_788_220_800, days: 30, domains: 3, mails: 500 })].map((mail, i) => {
  const text = mail.raw.toString('latin1').replace(/\r?\n/g, '\r\n');
  const domain = /^From:[^\r]*@([a-z0-9.-]+)/im.exec(text)?.[1] ?? 'mx.example';
  const key = keys.get(domain) ?? makeKey(domain, { type: 'rsa' });
  keys.set(domain, key);
  return rawOf(signMail(text, { key }), i + 1);
});

function rawOf(mail: string, uid: number): RawMail {
  const bytes = Buffer.from(mail, 'latin1');
  const origin = { source: 'rua', folder: 'INBOX', uidValidity: 1, uid, path: null };
  return { origin, content: { kind: 'bytes', bytes }, size: bytes.length, receivedAt: 1_788_330_000 };
}

async function read(checked: boolean): Promise<{ ms: number; verified: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'ruawatch-bench-'));
  const store = new StoreWriter(join(folder, 'bench.db'));
  const resolver = zoneOf(Object.fromEntries([...keys.values()].map((key) => [nameOf(key), recordOf(key)])));
  const senders = checked ? openSenderCheck({ resolver, clock: systemClock, limits, authservIds: [] }) : null;
  const started = performance.now();
  for (let at = 0; at < mails.length; at += batch)
    await storeMails(store, mails.slice(at, at + batch), 1_788_330_000, { authservIds: [], senders });
  const ms = performance.now() - started;
  const verified = store.db.prepare("SELECT count(*) FROM reports WHERE proven_by = 'dkim'").pluck().get() as number;
  await store.close();
  rmSync(folder, { recursive: true });
  return { ms, verified };
}

const times = { off: [] as number[], on: [] as number[] };
let verified = 0;
for (let run = 0; run <= runs; run += 1) {
  const off = await read(false);
  const on = await read(true);
  verified = on.verified;
  // The first round warms up.
  if (run === 0) continue;
  times.off.push(off.ms);
  times.on.push(on.ms);
}
const [off, on] = [Math.min(...times.off), Math.min(...times.on)];
console.log(`${mails.length} signed mails, ${keys.size} keys, ${verified} reports proven by DKIM`);
console.log(
  `check off ${off.toFixed(0)} ms, on ${on.toFixed(0)} ms: ${((on - off) / mails.length).toFixed(2)} ms a mail, ${(on / off).toFixed(2)} times`,
);
