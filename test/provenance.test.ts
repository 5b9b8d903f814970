import { utimesSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../src/base/clock.js';
import { limits } from '../src/config/limits.js';
import { rereadMail, storeMails } from '../src/intake.js';
import type { RawMail } from '../src/model/raw-mail.js';
import { openSenderCheck } from '../src/pipeline.js';
import { openReader, openStoreReader, StoreWriter } from '../src/store/store.js';
import { dnsError, makeKey, nameOf, recordOf, signMail, zoneOf } from './support/dkim.js';
import { startNameServer } from './support/name-server.js';
import { tempFiles } from './support/files.js';
import type { TempFiles } from './support/files.js';
import { metricIn, runRuawatch, startRuawatch, until } from './support/ruawatch.js';

const key = makeKey('mx.example');
const rsa = makeKey('mx.example', { type: 'rsa', selector: 'r1' });
const evil = makeKey('evil.example');
const keys = { [nameOf(key)]: recordOf(key), [nameOf(rsa)]: recordOf(rsa), [nameOf(evil)]: recordOf(evil) };

interface Given {
  readonly reporter?: string;
  readonly from?: string;
  readonly domain?: string;
  readonly ip?: string;
  readonly count?: number;
}

/** A report mail as a reporter writes it. */
function reportMail(given: Given = {}): string {
  const { reporter = 'mx.example', from = 'reports@mx.example', domain = 'example.org' } = given;
  const { ip = '198.51.100.7', count = 3 } = given;
  const xml =
    `<feedback><report_metadata><org_name>${reporter}</org_name><email>${from}</email><report_id>77</report_id>` +
    '<date_range><begin>1788220800</begin><end>1788307199</end></date_range></report_metadata>' +
    `<policy_published><domain>${domain}</domain><p>none</p></policy_published><record><row><source_ip>${ip}</source_ip>` +
    `<count>${count}</count><policy_evaluated><dkim>fail</dkim><spf>fail</spf></policy_evaluated></row>` +
    `<identifiers><header_from>${domain}</header_from></identifiers></record></feedback>`;
  return [
    `From: ${from}`,
    'To: rua@example.org',
    `Subject: Report Domain: ${domain} Submitter: ${reporter}`,
    'Date: Wed, 02 Sep 2026 06:00:00 +0000',
    `Content-Type: application/gzip; name="${reporter}!${domain}!1788220800!1788307199.xml.gz"`,
    'Content-Transfer-Encoding: base64',
    '',
    gzipSync(xml).toString('base64').replace(/.{76}/g, '$&\r\n'),
    '',
  ].join('\r\n');
}

let folder: TempFiles;
let store: StoreWriter;
let uid = 0;

beforeEach(async () => {
  folder = await tempFiles();
  store = new StoreWriter(folder.at('test.db'), { ours: ['example.org'] });
});

afterEach(async () => {
  await store.close();
  await folder.remove();
});

function rawOf(mail: string): RawMail {
  const bytes = Buffer.from(mail, 'latin1');
  const origin = { source: 'rua', folder: 'INBOX', uidValidity: 1, uid: ++uid, path: null };
  return { origin, content: { kind: 'bytes', bytes }, size: bytes.length, receivedAt: 1_788_330_000 };
}

async function take(mails: readonly string[], resolver = zoneOf(keys)): Promise<string[]> {
  const senders = openSenderCheck({ resolver, clock: systemClock, limits, authservIds: [] });
  const ends = await storeMails(store, mails.map(rawOf), 1_788_330_000, { authservIds: [], senders });
  return ends.map(({ outcome }) => outcome);
}

const reports = () =>
  store.db.prepare('SELECT authenticity, proven_domain, proven_by, messages FROM reports ORDER BY id').all();
const proven = { authenticity: 'verified', proven_domain: 'mx.example', proven_by: 'dkim', messages: 3 };
const unproven = { authenticity: 'unverified', proven_domain: null, proven_by: null, messages: 3 };

describe('a report mail', () => {
  it.each([
    ['with a signature of its reporter', signMail(reportMail(), { key })],
    ['with two signatures', signMail(signMail(reportMail(), { key: rsa }), { key })],
  ])('%s is verified', async (_, mail) => {
    await take([mail]);
    expect(reports()).toEqual([proven]);
  });

  it('whose body was altered has failed', async () => {
    await take([signMail(reportMail(), { key }).replace('base64\r\n\r\nH4', 'base64\r\n\r\n\r\nH4')]);
    expect(reports()).toEqual([{ ...unproven, authenticity: 'failed' }]);
  });

  it('without a signature, or whose key was rotated away, is unverified', async () => {
    const gone = makeKey('mx.example', { selector: 'old' });
    await take([reportMail(), signMail(reportMail({ ip: '198.51.100.8' }), { key: gone })]);
    expect(reports()).toEqual([unproven, unproven]);
  });

  it('signed by a stranger under the name of a reporter is unverified, and says who signed', async () => {
    await take([signMail(reportMail({ from: 'reports@evil.example' }), { key: evil })]);
    expect(reports()).toEqual([{ ...unproven, proven_domain: 'evil.example', proven_by: 'dkim' }]);
  });

  it('is stored all the same when name servers are down', async () => {
    const down = zoneOf({ [nameOf(key)]: dnsError('ETIMEOUT') });
    expect(await take([signMail(reportMail(), { key })], down)).toEqual(['report']);
    expect(reports()).toEqual([unproven]);
  });
});

describe('a forger who knows reporter, id and period', () => {
  const real = signMail(reportMail(), { key });
  const forged = signMail(reportMail({ from: 'reports@evil.example', ip: '203.0.113.9', count: 900 }), { key: evil });

  it.each([
    ['later', [real, forged], ['report', 'conflict']],
    ['first', [forged, real], ['report', 'report']],
  ])('adds nothing and takes nothing when he comes %s', async (_, mails, ends) => {
    expect(await take(mails)).toEqual(ends);
    expect(reports()).toEqual([proven]);
    expect(store.db.prepare('SELECT sum(messages) FROM daily_totals').pluck().get()).toBe(3);
  });

  it('gains nothing by sending the signed mail once more', async () => {
    expect(await take([real, real])).toEqual(['report', 'duplicate']);
  });
});

it('a report of a foreign policy domain is in the list of reports and nowhere else', async () => {
  await take([signMail(reportMail({ domain: 'other.example' }), { key })]);
  const reader = openStoreReader(folder.at('test.db'));
  const scope = {
    from: 0,
    to: 2_000_000_000,
    domains: null,
    reporters: null,
    sources: null,
    senders: null,
    classes: null,
  };
  const page = { limit: 10, after: null };
  expect((await reader.reports(scope, page)).rows).toMatchObject([{ domain: 'other.example', is_foreign: 1 }]);
  expect((await reader.reporters(scope, page)).rows).toEqual([]);
  expect((await reader.domains(scope, page, ['example.org'])).rows.map(({ domain }) => domain)).toEqual([
    'example.org',
  ]);
  expect((await reader.sources(scope, { result: 'all', newlySeen: false, newlyFailed: false }, page)).rows).toEqual([]);
  expect((await reader.domainStats(1_788_330_000)).domains.map(({ domain }) => domain)).toEqual([]);
  reader.close();
});

describe('the service', () => {
  const serve = (dnsServer: string) => {
    const mails = {
      'in/real.eml': signMail(reportMail(), { key: rsa }),
      'in/forged.eml': reportMail({ ip: '203.0.113.9' }),
      'in/foreign.eml': signMail(reportMail({ domain: 'other.example' }), { key }),
    };
    // A file that was written just now is left alone for a while.
    for (const [name, mail] of Object.entries(mails))
      utimesSync(folder.write(name, mail), 1_788_330_000, 1_788_330_000);
    return startRuawatch({
      RUAWATCH_DIRECTORY: folder.at('in'),
      RUAWATCH_DB: folder.at('service.db'),
      RUAWATCH_DOMAINS: 'example.org',
      RUAWATCH_DNS_SERVERS: dnsServer,
    });
  };

  it('asks a name server, and shows what was proven in API and metrics', async () => {
    const dns = await startNameServer(keys);
    const service = await serve(dns.address);
    await until(async () => (await service.metric('dmarc_reports_foreign_total')) === 1);
    const { rows } = await service.json<{ rows: Record<string, unknown>[] }>('/api/v1/reports?from=0');
    const shown = rows.map(({ domain, authenticity, proven_domain, proven_by, foreign }) => [domain, authenticity, proven_domain, proven_by, foreign].join(' ')); // prettier-ignore
    expect(shown.sort()).toEqual([
      'example.org verified mx.example dkim false',
      'other.example verified mx.example dkim true',
    ]);
    const exposed = await (await fetch(`${service.base}/metrics`)).text();
    expect(metricIn(exposed, 'dmarc_reports_stored_total')).toBe(1);
    expect(metricIn(exposed, 'dmarc_reports_by_authenticity_total{authenticity="verified"}')).toBe(2);
    expect(exposed).not.toContain('other.example');
    expect([...new Set(dns.asked)].sort()).toEqual(['example.org', nameOf(rsa), nameOf(key)].sort());
    expect(await service.stop()).toBe(0);
    await dns.close();
  });

  it('goes on storing when the name server says nothing', async () => {
    const dns = await startNameServer(null);
    const service = await serve(dns.address);
    await until(async () => (await service.metric('dmarc_reports_foreign_total')) === 1);
    expect((await fetch(`${service.base}/healthz`)).status).toBe(200);
    expect(await service.metric('dmarc_reports_by_authenticity_total{authenticity="unverified"}')).toBe(3);
    await until(() => Promise.resolve(service.log().includes('no name server answers')));
    expect([...new Set(dns.asked)]).toEqual(['example.org']);
    expect(await service.stop()).toBe(0);
    await dns.close();
  });
});

describe('without a service', () => {
  const proof = (db: string) => {
    const reader = openReader(folder.at(db));
    const rows = reader.prepare('SELECT authenticity, proven_by FROM reports').raw().all();
    reader.close();
    return rows;
  };
  const mail = signMail(reportMail(), { key: rsa });
  const env = (dns: string, check = 'auto') => ({
    RUAWATCH_DB: folder.at('alone.db'),
    RUAWATCH_DNS_SERVERS: dns,
    RUAWATCH_DKIM_CHECK: check,
  });

  it.each([
    ['ingest', ['ingest', '-']],
    ['the pipe', ['ingest', '--pipe', '-']],
  ])('%s checks signatures by itself, and not when dkim_check is off', async (_, args) => {
    const dns = await startNameServer(keys);
    for (const [check, expected] of [
      ['off', ['unverified', null]],
      ['auto', ['verified', 'dkim']],
    ] as const) {
      const { code } = await runRuawatch(args, { env: env(dns.address, check), stdin: Buffer.from(mail, 'latin1') });
      expect([code, proof('alone.db')]).toEqual([0, [expected]]);
      await rm(folder.at('alone.db'));
    }
    await dns.close();
  });

  it.each([
    ['ingest', ['ingest', '-']],
    ['the pipe', ['ingest', '--pipe', '-']],
  ])('%s stores a mail though no name server answers, and says so in one line', async (_, args) => {
    const dns = await startNameServer(null);
    const { code, stderr } = await runRuawatch(args, { env: env(dns.address), stdin: Buffer.from(mail, 'latin1') });
    expect([code, proof('alone.db')]).toEqual([0, [['unverified', null]]]);
    expect(stderr).toMatch(/^ruawatch: no name server answers: .*\n$/);
    await dns.close();
  });

  it('check says whether a name server answers, which is a fault when dkim_check is on', async () => {
    for (const [records, check, ok] of [
      [keys, 'on', true],
      [null, 'auto', true],
      [null, 'on', false],
    ] as const) {
      const dns = await startNameServer(records);
      const { stdout } = await runRuawatch(['check', '--json'], { env: env(dns.address, check) });
      const { checks } = JSON.parse(stdout) as { checks: { name: string; ok: boolean; detail: string }[] };
      const found = checks.find(({ name }) => name === 'signatures');
      expect([found?.ok, found?.detail.startsWith('no name server')]).toEqual([ok, records === null]);
      await dns.close();
    }
  });

  it('check names a mailbox whose newest signed mails were altered, with the remedy', async () => {
    const dns = await startNameServer(keys);
    const altered = (id: number) => signMail(reportMail({ domain: `d${id}.example.org` }), { key }).replace('base64\r\n\r\nH4', 'base64\r\n\r\n\r\nH4'); // prettier-ignore
    const found = async () => {
      const { stdout } = await runRuawatch(['check'], { env: { ...env(dns.address), RUAWATCH_DB: folder.at('test.db') } }); // prettier-ignore
      return /signatures rua: .*\n.*authserv_ids/.test(stdout);
    };
    await take([1, 2, 3, 4].map(altered));
    expect(await found()).toBe(false);
    await take([altered(5)]);
    expect(await found()).toBe(true);
    await dns.close();
  });
});

describe('a mail read again', () => {
  const again = (id: number, mail: string) => {
    const line = { id, source: 'rua', outcome: 'report', processedAt: 1_788_330_000 } as const;
    return rereadMail(store, line, rawOf(mail), { authservIds: [], judge: false });
  };
  const counters = () => store.db.prepare('SELECT name, labels, value FROM counters ORDER BY 1, 2').all();
  const altered = signMail(reportMail(), { key }).replace('base64\r\n\r\nH4', 'base64\r\n\r\n\r\nH4');

  it.each([
    ['verified', signMail(reportMail(), { key })],
    ['failed', altered],
    ['unverified, by a stranger', signMail(reportMail({ from: 'reports@evil.example' }), { key: evil })],
    ['unverified', reportMail()],
    ['verified, of a foreign domain', signMail(reportMail({ domain: 'other.example' }), { key })],
  ])('keeps what was known of its origin though no key is asked for: %s', async (_, mail) => {
    await take([mail]);
    const before = [reports(), counters(), store.db.prepare('SELECT * FROM daily_totals').all()];
    await again(1, mail);
    expect([reports(), counters(), store.db.prepare('SELECT * FROM daily_totals').all()]).toEqual(before);
  });

  it.each([
    ['verified', signMail(reportMail().replace('H4', 'AA'), { key }), proven],
    ['failed', `${signMail(reportMail().replace('H4', 'AA'), { key })}more`, { ...unproven, authenticity: 'failed' }],
  ])('keeps it though the first reading found no report: %s', async (_, mail, expected) => {
    expect(await take([mail])).toEqual(['not-a-report']);
    const line = { id: 1, source: 'rua', outcome: 'not-a-report', processedAt: 1_788_330_000 } as const;
    await rereadMail(store, line, rawOf(reportMail()), { authservIds: [], judge: false });
    expect(reports()).toEqual([expected]);
  });

  it('keeps it for a report that is understood otherwise', async () => {
    await take([signMail(reportMail(), { key })]);
    await again(1, reportMail({ count: 5 }));
    expect(reports()).toEqual([{ ...proven, messages: 5 }]);
  });
});
