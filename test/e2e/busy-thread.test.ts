import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { startRuawatch } from '../support/ruawatch.js';
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

/** From here on whoever sums up days counts to `steps` first, in SQLite itself, where nothing interrupts it. */
function makeSlow(steps: number): void {
  const db = new Database(folder.at('ruawatch.db'));
  db.exec(`ALTER TABLE domain_days RENAME TO domain_days_plain;
    CREATE VIEW domain_days AS SELECT * FROM domain_days_plain
      WHERE (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ${steps}) SELECT max(i) FROM n) > 0;`);
  db.close();
}

const day = Math.floor(Date.now() / 86_400_000 - 1) * 86_400;
const report = `<feedback><report_metadata><org_name>reporter.example</org_name><report_id>1</report_id>
<date_range><begin>${day}</begin><end>${day + 86_399}</end></date_range></report_metadata>
<policy_published><domain>example.org</domain><p>none</p></policy_published>
<record><row><source_ip>198.51.100.7</source_ip><count>3</count><policy_evaluated><disposition>none</disposition>
<dkim>pass</dkim><spf>pass</spf></policy_evaluated></row><identifiers><header_from>example.org</header_from></identifiers></record></feedback>`;

it('health, readiness and metrics answer while a thread works on a long statistics query', async () => {
  const headers = { authorization: 'Bearer a-token-that-only-posts', 'content-type': 'text/xml' };
  const stored = await fetch(`${service.base}/api/v1/mails`, { method: 'POST', headers, body: report });
  expect(stored.status).toBe(202);
  // The threads start with their first questions.
  for (const path of ['/metrics', '/api/v1/stats/daily']) expect((await fetch(service.base + path)).status).toBe(200);
  makeSlow(8_000_000);
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
