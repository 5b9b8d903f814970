import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { metricIn, startRuawatch, until } from '../support/ruawatch.js';
import type { Running } from '../support/ruawatch.js';

let folder: TempFiles;
let service: Running;

beforeEach(async () => {
  folder = await tempFiles();
  service = await startRuawatch({
    RUAWATCH_DB: folder.at('ruawatch.db'),
    RUAWATCH_PUSH_TOKEN: 'a-token-that-only-posts',
    RUAWATCH_DKIM_CHECK: 'off',
  });
});

afterEach(async () => {
  await service.stop('SIGKILL');
  await folder.remove();
});

/** From here on whoever reads this table counts to `steps` first, in SQLite itself, where nothing interrupts it. */
function makeSlow(table: string, steps: number): void {
  const db = new Database(folder.at('ruawatch.db'));
  db.exec(`ALTER TABLE ${table} RENAME TO ${table}_plain;
    CREATE VIEW ${table} AS SELECT * FROM ${table}_plain
      WHERE (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ${steps}) SELECT max(i) FROM n) > 0;`);
  db.close();
}

const day = Math.floor(Date.now() / 86_400_000 - 1) * 86_400;
const report = `<feedback><report_metadata><org_name>reporter.example</org_name><report_id>1</report_id>
<date_range><begin>${day}</begin><end>${day + 86_399}</end></date_range></report_metadata>
<policy_published><domain>example.org</domain><p>none</p></policy_published>
<record><row><source_ip>198.51.100.7</source_ip><count>3</count><policy_evaluated><disposition>none</disposition>
<dkim>pass</dkim><spf>pass</spf></policy_evaluated></row><identifiers><header_from>example.org</header_from></identifiers></record></feedback>`;

async function post(): Promise<void> {
  const headers = { authorization: 'Bearer a-token-that-only-posts', 'content-type': 'text/xml' };
  const stored = await fetch(`${service.base}/api/v1/mails`, { method: 'POST', headers, body: report });
  expect(stored.status).toBe(202);
}

it('health, readiness and metrics answer while a thread works on a long statistics query', async () => {
  await post();
  // The threads start with their first questions.
  for (const path of ['/metrics', '/api/v1/stats/daily']) expect((await fetch(service.base + path)).status).toBe(200);
  makeSlow('domain_days', 8_000_000);
  const ended: string[] = [];
  const ask = async (path: string) => {
    const answer = await fetch(service.base + path);
    const text = await answer.text();
    ended.push(`${path} ${answer.status}`);
    return text;
  };
  const long = ask('/api/v1/stats/daily');
  for (const path of ['/healthz', '/readyz', '/metrics', '/api/v1/alerts']) await ask(path);
  expect(JSON.parse(await long)).toMatchObject({ rows: [{ messages: 3 }] });
  expect(ended).toEqual([
    '/healthz 200',
    '/readyz 200',
    '/metrics 200',
    '/api/v1/alerts 200',
    '/api/v1/stats/daily 200',
  ]);
}, 120_000);

it('the first scrape does not wait until the window is summed up, and a later one has it', async () => {
  await post();
  makeSlow('domains', 6_000_000);
  const scrape = async () => {
    const answer = await fetch(`${service.base}/metrics`);
    expect(answer.status).toBe(200);
    return answer.text();
  };
  const first = await scrape();
  expect(metricIn(first, 'dmarc_reports_stored_total')).toBe(1);
  expect(first).not.toMatch(/^dmarc_(recent|store_reports|report_messages_total|alerts_firing)/m);
  const window = 'dmarc_recent_messages{domain="example.org",source_class="unknown",result="pass_both"}';
  await until(async () => metricIn(await scrape(), window) === 3);
}, 120_000);
