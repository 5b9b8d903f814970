import { afterEach, beforeEach, expect, it } from 'vitest';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { startNameServer } from '../support/name-server.js';
import type { NameServer } from '../support/name-server.js';
import { runRuawatch, startRuawatch, until } from '../support/ruawatch.js';
import type { Env, Running } from '../support/ruawatch.js';

const token = 'a-token-of-the-api';
const bearer = { authorization: `Bearer ${token}` };
const zone = {
  '7.100.51.198.in-addr.arpa': { ptr: ['mx7.host.example'] },
  'mx7.host.example': { a: ['198.51.100.7'] },
  '8.100.51.198.in-addr.arpa': { ptr: ['mail.google.com'] },
  'mail.google.com': { a: ['203.0.113.99'] },
  '9.100.51.198.in-addr.arpa': { ptr: ['dsl-198-51-100-9.isp.example'] },
  'dsl-198-51-100-9.isp.example': { a: ['198.51.100.9'] },
};

let folder: TempFiles;
let dns: NameServer;
let env: Env;
let service: Running;

beforeEach(async () => {
  folder = await tempFiles();
  dns = await startNameServer(zone);
  env = {
    RUAWATCH_DB: folder.at('ruawatch.db'),
    RUAWATCH_API_TOKEN: token,
    RUAWATCH_PUSH_TOKEN: 'a-token-that-only-posts',
    RUAWATCH_DOMAINS: 'example.org',
    RUAWATCH_DKIM_CHECK: 'off',
    RUAWATCH_PTR_LOOKUPS: 'auto',
    RUAWATCH_DNS_SERVERS: dns.address,
  };
});

afterEach(async () => {
  await service.stop();
  await dns.close();
  await folder.remove();
});

interface Row {
  readonly ip: string;
  readonly spf: 'pass' | 'fail';
}

/** A report of fifty messages a row; day 0 is six days ago. */
function report(day: number, rows: readonly Row[]): string {
  const begin = (Math.floor(Date.now() / 86_400_000) - 6 + day) * 86_400;
  const records = rows.map(
    ({ ip, spf }) => `<record><row><source_ip>${ip}</source_ip><count>50</count>
<policy_evaluated><disposition>none</disposition><dkim>fail</dkim><spf>${spf}</spf></policy_evaluated></row>
<identifiers><header_from>example.org</header_from></identifiers>
<auth_results><spf><domain>example.org</domain><result>${spf}</result></spf></auth_results></record>`,
  );
  return `<?xml version="1.0"?><feedback><report_metadata><org_name>mx.example</org_name><email>dmarc@mx.example</email>
<report_id>${day}</report_id><date_range><begin>${begin}</begin><end>${begin + 86_399}</end></date_range></report_metadata>
<policy_published><domain>example.org</domain><p>none</p></policy_published>${records.join('')}</feedback>`;
}

async function post(path: string, type: string, body: string): Promise<Response> {
  return fetch(`${service.base}${path}`, { method: 'POST', headers: { ...bearer, 'content-type': type }, body });
}

/** Hands a report in and waits until it was judged. */
async function judge(day: number, rows: readonly Row[]): Promise<void> {
  const mail = `From: dmarc@mx.example\nSubject: Report domain: example.org\nMessage-ID: <${day}@mx.example>\nContent-Type: application/xml; name="r.xml"\n\n${report(day, rows)}\n`;
  expect((await post('/api/v1/mails', 'message/rfc822', mail)).status).toBeLessThan(300);
  const judged = () => service.metric('dmarc_alert_last_evaluation_timestamp_seconds');
  const before = await judged();
  await until(async () => (await judged()) !== before);
}

async function rows(path: string): Promise<readonly Record<string, unknown>[]> {
  const response = await fetch(service.base + path, { headers: bearer });
  expect(response.status).toBe(200);
  return ((await response.json()) as { rows: Record<string, unknown>[] }).rows;
}

const senders = async () => new Map((await rows('/api/v1/senders')).map((each) => [each['sender'], each] as const));
const failing = async () =>
  (await rows('/api/v1/alerts?status=open')).filter((each) => each['rule'] === 'known_sender_failing');
const ptrs = async () =>
  new Map((await rows('/api/v1/stats/sources')).map((each) => [each['source_ip'], each['ptr']] as const));
const fail = (ip: string): Row => ({ ip, spf: 'fail' });
const shop = '203.0.113.5';

it('names are looked up in the background: confirmed ones name a sender, generic ones are shown, false ones are neither', async () => {
  service = await startRuawatch(env);
  await judge(0, [fail('198.51.100.7'), fail('198.51.100.8'), fail('198.51.100.9')]);
  expect([...(await senders()).keys()]).toEqual(['198.51.100.0/24']);
  await until(async () => (await ptrs()).get('198.51.100.9') !== null);
  expect(await ptrs()).toEqual(
    new Map([
      ['198.51.100.7', 'mx7.host.example'],
      ['198.51.100.8', null],
      ['198.51.100.9', 'dsl-198-51-100-9.isp.example'],
    ]),
  );
  const asked = dns.asked.length;
  await judge(1, [fail('198.51.100.7'), fail('198.51.100.8'), fail('198.51.100.9')]);
  const named = await senders();
  expect(named.get('host.example')).toMatchObject({
    step: 'ptr',
    sources: 1,
    evidence: 'PTR mx7.host.example, confirmed',
  });
  expect(named.get('198.51.100.0/24')).toMatchObject({ step: 'network', sources: 2 });
  expect(named.size).toBe(2);
  // What was answered is not asked again.
  expect(dns.asked).toHaveLength(asked);
  const [alert] = await rows('/api/v1/alerts?status=open');
  const page = await (await fetch(`${service.base}/alerts/${String(alert?.['alert_id'])}`, { headers: bearer })).text();
  expect(page).toContain('198.51.100.7 (mx7.host.example)');
  expect(page).toContain('198.51.100.9 (dsl-198-51-100-9.isp.example)');
  expect(page).not.toContain('google');
}, 60_000);

it('nobody is asked when lookups are off', async () => {
  service = await startRuawatch({ ...env, RUAWATCH_PTR_LOOKUPS: 'off' });
  await judge(0, [fail('198.51.100.7')]);
  await judge(1, [fail('198.51.100.7')]);
  expect(dns.asked).toEqual([]);
  expect([...(await senders()).keys()]).toEqual(['198.51.100.0/24']);
}, 60_000);

it('what the operator says counts in the next evaluation, over a restart and until its date', async () => {
  service = await startRuawatch(env);
  const early: readonly Row[] = [{ ip: shop, spf: 'pass' }, fail('198.51.100.7')];
  await judge(0, early);
  await until(async () => (await ptrs()).get('198.51.100.7') !== null);
  for (const day of [1, 2]) await judge(day, early);
  const said = await runRuawatch(
    ['senders', 'set', 'example.org', '203.0.113.0/24', 'ignore', '--until', '2999-01-01', '--name', 'Our shop'],
    { env: { RUAWATCH_DB: folder.at('ruawatch.db') } },
  );
  expect([said.code, said.stderr]).toEqual([0, '']);
  const threat = { domain: 'example.org', sender: 'host.example', decision: 'threat' };
  expect((await post('/api/v1/senders/decision', 'application/json', JSON.stringify(threat))).status).toBe(200);
  await judge(3, [fail(shop), fail('198.51.100.7')]);
  expect(await failing()).toEqual([]);
  expect((await senders()).get('host.example')).toMatchObject({
    class: 'unauthenticated',
    class_step: 0,
    class_evidence: 'the API said that it is a threat',
  });

  expect(await service.stop()).toBe(0);
  folder.write('config.yaml', 'senders:\n  - name: our-relay\n    ptr: [host.example]\n');
  service = await startRuawatch({ ...env, RUAWATCH_CONFIG: folder.at('config.yaml') });
  const kept = {
    decision: 'ignore',
    decision_until: '2999-01-01T00:00:00Z',
    decided_by: 'the operator',
    title: 'Our shop',
  };
  expect((await senders()).get('203.0.113.0/24')).toMatchObject(kept);
  await judge(4, [fail(shop), fail('198.51.100.7')]);
  expect(await failing()).not.toContainEqual(expect.objectContaining({ sender: '203.0.113.0/24' }));
  expect((await senders()).get('our-relay')).toMatchObject({
    step: 'configured',
    known: 'it is named in the configuration',
    evidence: '198.51.100.7 is named mx7.host.example',
  });

  const end = Math.ceil(Date.now() / 1000) + 1;
  const ends = {
    domain: 'example.org',
    sender: '203.0.113.0/24',
    decision: 'ignore',
    until: new Date(end * 1000).toISOString(),
  };
  expect((await post('/api/v1/senders/decision', 'application/json', JSON.stringify(ends))).status).toBe(200);
  await until(() => Promise.resolve(Date.now() >= end * 1000));
  await judge(5, [fail(shop)]);
  const opened = (await failing()).find((each) => each['sender'] === '203.0.113.0/24');
  expect(opened).toMatchObject({ severity: 'critical' });
  const page = await (
    await fetch(`${service.base}/alerts/${String(opened?.['alert_id'])}`, { headers: bearer })
  ).text();
  expect(page).toContain(
    'Sender Our shop (203.0.113.0/24), class known: SPF passes aligned on 150 messages of 3 days.',
  );
  const listed = await runRuawatch(['senders'], { env: { RUAWATCH_DB: folder.at('ruawatch.db') } });
  expect(listed.stdout).toContain('example.org  203.0.113.0/24  "Our shop"  known  1 source IP\n');
}, 120_000);
