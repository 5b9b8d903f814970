import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import type { ReportRecord } from '../../src/model/report.js';
import { passes } from '../../src/model/report.js';
import { countMails, generateMails, scenarioFacts, type DemoMail, type ScenarioOptions } from '../../src/demo/demo.js';
import { unpackMail } from './read-mail.js';
import { all, parseXml, text, type Element } from './xml-tree.js';

const day = 86_400;
/** 2026-03-31. */
const until = 1_774_915_200;
const month: ScenarioOptions = { until, days: 30 };
const mails = [...generateMails(month)];
const reports = mails.filter((mail) => mail.kind === 'report');

function digest(list: Iterable<DemoMail>): string {
  const hash = createHash('sha256');
  for (const mail of list) hash.update(mail.raw).update(String(mail.receivedAt)).update(JSON.stringify(mail.records));
  return hash.digest('hex');
}

function sum(records: readonly ReportRecord[]): number {
  return records.reduce((total, record) => total + record.count, 0);
}

function stated(record: Element): ReportRecord {
  const auth = all(record, 'auth_results')[0];
  return {
    sourceIp: text(record, 'row', 'source_ip') ?? '',
    count: Number(text(record, 'row', 'count')),
    disposition: text(record, 'row', 'policy_evaluated', 'disposition'),
    dkim: text(record, 'row', 'policy_evaluated', 'dkim'),
    spf: text(record, 'row', 'policy_evaluated', 'spf'),
    reasons: all(record, 'row', 'policy_evaluated', 'reason').map((reason) => ({
      type: text(reason, 'type'),
      comment: text(reason, 'comment'),
    })),
    headerFrom: text(record, 'identifiers', 'header_from'),
    envelopeFrom: text(record, 'identifiers', 'envelope_from'),
    envelopeTo: text(record, 'identifiers', 'envelope_to'),
    auth: {
      dkim: all(auth, 'dkim').map((result) => ({
        domain: text(result, 'domain'),
        selector: text(result, 'selector'),
        result: text(result, 'result'),
        humanResult: text(result, 'human_result'),
      })),
      spf: all(auth, 'spf').map((result) => ({
        domain: text(result, 'domain'),
        scope: text(result, 'scope'),
        result: text(result, 'result'),
        humanResult: text(result, 'human_result'),
      })),
    },
  };
}

describe('the generated mails', () => {
  it('are the same bytes for the same options, and others for another seed', () => {
    const week = { until, days: 7 };
    expect(digest(generateMails(week))).toBe(digest(generateMails(week)));
    expect(digest(generateMails({ ...week, seed: 2 }))).not.toBe(digest(generateMails(week)));
  });

  it('say of a day the same whether few or many days are generated', () => {
    const lastDay = (list: readonly DemoMail[]): string =>
      digest(list.filter((mail) => mail.day === until && mail.kind === 'report'));
    expect(lastDay([...generateMails({ until, days: 2 })])).toBe(lastDay(mails));
  });

  it('carry well-formed XML that states exactly the records given with the mail', async () => {
    for (const mail of mails.filter(({ kind }) => kind === 'report' || kind === 'duplicate')) {
      const files = await unpackMail(mail.raw);
      expect(files).toHaveLength(1);
      const feedback = parseXml(files[0] ?? '');
      expect(all(feedback, 'record').map(stated)).toEqual(mail.records);
      expect(text(feedback, 'report_metadata', 'org_name')).toBe(mail.reporter);
      expect(text(feedback, 'report_metadata', 'report_id')).toBe(mail.reportId);
      expect(text(feedback, 'policy_published', 'domain')).toBe(mail.domain);
      expect(text(feedback, 'report_metadata', 'date_range', 'begin')).toBe(String(mail.day));
      expect([day - 1, day]).toContain(Number(text(feedback, 'report_metadata', 'date_range', 'end')) - mail.day);
    }
  });

  it('arrive in order, on the morning after the day they tell of', () => {
    let before = 0;
    for (const { receivedAt, day: told } of mails) {
      expect(receivedAt).toBeGreaterThanOrEqual(Math.max(before, told + day));
      expect(receivedAt).toBeLessThan(told + day + day / 2);
      before = receivedAt;
    }
  });

  it('cover every day and every domain', () => {
    const domains = scenarioFacts(month).domains.map(({ name }) => name);
    expect(domains).toHaveLength(12);
    expect(new Set(mails.map((mail) => mail.day)).size).toBe(30);
    expect(new Set(reports.map((mail) => mail.domain))).toEqual(new Set(domains));
  });

  it('come from thirteen reporters', () => {
    expect(new Set(reports.map((mail) => mail.reporter)).size).toBe(13);
  });

  it('are addressed to nobody but the report mailbox', () => {
    for (const { raw } of mails) {
      const recipients = raw.toString('latin1').match(/^(?:To|Cc|Bcc|Delivered-To):.*$/gim) ?? [];
      expect(recipients).toEqual(['To: dmarc@reports.example']);
    }
  });

  it('end every line with CRLF and keep it within 998 characters', () => {
    for (const { raw } of mails) {
      const lines = raw.toString('latin1').split('\r\n');
      expect(lines.every((line) => line.length <= 998 && !/[\r\n]/.test(line))).toBe(true);
      expect(lines.at(-1)).toBe('');
    }
  });

  it('name each report once, apart from repeated deliveries', () => {
    const key = (mail: DemoMail): string => [mail.reporter, mail.reportId, mail.domain, mail.day].join(' ');
    expect(new Set(reports.map(key)).size).toBe(reports.length);
    for (const again of mails.filter(({ kind }) => kind === 'duplicate')) {
      const first = reports.find((mail) => key(mail) === key(again));
      expect(first?.records).toEqual(again.records);
      expect(first?.receivedAt).toBeLessThan(again.receivedAt);
    }
  });

  it('hold one cut delivery, in the oldest third, whole 25 minutes later', async () => {
    const [cut, ...others] = mails.filter(({ kind }) => kind === 'truncated');
    expect(others).toEqual([]);
    expect(cut?.records).toEqual([]);
    expect(cut?.day).toBeLessThan(until - 19 * day);
    await expect(unpackMail(cut?.raw ?? Buffer.alloc(0))).rejects.toThrow('unexpected end of file');
    const whole = reports.find((mail) => mail.reportId === cut?.reportId);
    expect((whole?.receivedAt ?? 0) - (cut?.receivedAt ?? 0)).toBe(25 * 60);
  });

  it('hold a few mails that are no aggregate reports', () => {
    for (const kind of ['tls-report', 'bounce', 'unrelated']) {
      const some = mails.filter((mail) => mail.kind === kind);
      expect(some.length).toBeGreaterThan(0);
      expect(some.length).toBeLessThan(31);
      expect(some.every((mail) => mail.domain === null && mail.records.length === 0)).toBe(true);
    }
  });
});

describe('the containers', () => {
  const head = (reporter: string): string => {
    const raw = reports.find((mail) => mail.reporter === reporter)?.raw.toString('latin1') ?? '';
    return raw.slice(0, 3000);
  };

  it('are those of the real reporters', () => {
    expect(head('google.com')).toMatch(/^Content-Type: application\/zip;/m);
    expect(head('google.com')).not.toContain('multipart');
    expect(head('Enterprise Outlook')).toMatch(/multipart\/mixed[^]*multipart\/related[^]*multipart\/alternative/);
    expect(head('Enterprise Outlook')).toMatch(/^Subject: =\?utf-8\?B\?UmVwb3J0IERvbWFpbjog/m);
    expect(head('Mimecast.org').match(/^Content-Disposition:/gm)).toHaveLength(2);
    expect(head('Mimecast.org')).toMatch(/\r\n <[0-9a-f]{64}>\r\n/);
    expect(head('AMAZON-SES')).toMatch(/^Subject: Dmarc Aggregate Report Domain: \{[a-z-]+\.example\} /m);
    expect(head('AMAZON-SES')).toMatch(/filename\*0="amazonses\.com![^"]+";\r\n\tfilename\*1=/);
    expect(head('Fastmail Pty Ltd')).toMatch(/^Content-Disposition: inline;/m);
    expect(head('mx.nordhaven.test')).toMatch(
      /^Subject: Report Domain: \S+\r\n\tSubmitter: \S+\r\n\tReport-ID: \S+\r\n/m,
    );
    expect(head('GMX')).toMatch(/^Content-Type: application\/zip; name="gmx\.net!.*\.xml\.gz"[^]*\r\nH4sI/m);
    expect(head('mail.stonequay.test')).toMatch(/\r\nUEsD/);
  });

  it('hold RFC 9990 reports from GMX and WEB.DE', async () => {
    for (const reporter of ['GMX', 'WEB.DE']) {
      const mail = reports.find((one) => one.reporter === reporter);
      const feedback = parseXml((await unpackMail(mail?.raw ?? Buffer.alloc(0)))[0] ?? '');
      expect(feedback.attributes).toEqual({ xmlns: 'urn:ietf:params:xml:ns:dmarc-2.0' });
      expect(text(feedback, 'policy_published', 'discovery_method')).toBe('treewalk');
      expect(text(feedback, 'policy_published', 'pct')).toBeNull();
    }
  });
});

describe('the senders', () => {
  const facts = scenarioFacts(month);
  const records = reports.flatMap((mail) => mail.records.map((record) => ({ record, mail })));
  const inNetworks = (ip: string, networks: readonly string[]): boolean => {
    const address = ipaddr.parse(ip);
    return networks.some((network) => {
      const [base, bits] = ipaddr.parseCIDR(network);
      return base.kind() === address.kind() && address.match([base, bits]);
    });
  };

  it('are all known from the facts, in the documentation ranges, in canonical form', () => {
    const named = [facts.ownServers, facts.mailServices, facts.forwarders, facts.mailingLists].flat();
    const known = new Set(named.flatMap((sender) => sender.ips));
    for (const { record } of records) {
      expect(known.has(record.sourceIp) || inNetworks(record.sourceIp, facts.spoofingNetworks)).toBe(true);
      expect(inNetworks(record.sourceIp, ['198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32'])).toBe(true);
      expect(ipaddr.parse(record.sourceIp).toString()).toBe(record.sourceIp);
      expect(record.count).toBeGreaterThanOrEqual(1);
      expect(record.count).toBeLessThanOrEqual(5000);
    }
  });

  it('include forgers who never align and change their addresses', () => {
    const forged = records.filter(({ record }) => inNetworks(record.sourceIp, facts.spoofingNetworks));
    expect(forged.some(({ record }) => passes(record))).toBe(false);
    expect(new Set(forged.map(({ record }) => record.sourceIp)).size).toBeGreaterThan(150);
    expect(new Set(forged.map(({ record }) => record.disposition))).toEqual(new Set(['none', 'quarantine', 'reject']));
    expect(forged.every(({ record }) => record.auth.dkim.length === 0)).toBe(true);
  });

  it('include forwarders, who pass on DKIM alone, and mailing lists, which fail for a reason', () => {
    const relays = new Set(facts.forwarders.flatMap((sender) => sender.ips));
    const relayed = records.filter(({ record }) => relays.has(record.sourceIp)).map(({ record }) => record);
    expect(relayed.every((record) => record.spf === 'fail' && record.reasons.length === 1)).toBe(true);
    expect(sum(relayed.filter(passes)) / sum(relayed)).toBeGreaterThan(0.95);
    const lists = new Set(facts.mailingLists.flatMap((sender) => sender.ips));
    const listed = records.filter(({ record }) => lists.has(record.sourceIp)).map(({ record }) => record);
    expect(listed.every((record) => !passes(record) && record.reasons[0]?.type === 'mailing_list')).toBe(true);
    expect(listed.every((record) => record.disposition === 'none')).toBe(true);
  });

  it('that are ours fail less than one message in two hundred, until one breaks', () => {
    const ours = new Set([...facts.ownServers, ...facts.mailServices].flatMap((sender) => sender.ips));
    const before = records.filter(({ record, mail }) => ours.has(record.sourceIp) && mail.day < until);
    const all30 = before.map(({ record }) => record);
    const failed = sum(all30.filter((record) => !passes(record)));
    expect(failed).toBeGreaterThan(0);
    expect(failed / sum(all30)).toBeLessThan(0.005);
  });

  it('never fail under a policy of their own domain without a disposition or a reason', () => {
    const policy = new Map(facts.domains.map((domain) => [domain.name, domain]));
    for (const { record, mail } of records.filter((one) => !passes(one.record))) {
      const { p = 'none', sp = 'none' } = policy.get(mail.domain ?? '') ?? {};
      const asked = record.headerFrom === mail.domain ? p : sp;
      expect(record.disposition === asked || record.reasons.length > 0).toBe(true);
    }
  });
});

describe('the breaking sender', () => {
  const breaking = (list: readonly DemoMail[], ips: readonly string[]) =>
    list
      .filter((mail) => mail.kind === 'report')
      .flatMap((mail) => mail.records.map((record) => ({ ...record, mail })))
      .filter((record) => ips.includes(record.sourceIp));
  const ips = scenarioFacts(month).breaking?.sender.ips ?? [];

  it('sends for one domain, about 200 messages a day, and aligns in 99.5 % before', () => {
    const before = breaking(mails, ips).filter(({ mail }) => mail.day < until);
    expect(new Set(before.map(({ mail }) => mail.domain))).toEqual(new Set(['acme.example']));
    expect(sum(before) / 29).toBeGreaterThan(140);
    expect(sum(before) / 29).toBeLessThan(230);
    expect(sum(before.filter(passes)) / sum(before)).toBeGreaterThan(0.995);
  });

  it('fails DKIM and SPF on the last day, at every reporter', () => {
    const last = breaking(mails, ips).filter(({ mail }) => mail.day === until);
    expect(sum(last)).toBeGreaterThan(100);
    expect(new Set(last.map(({ mail }) => mail.reporter)).size).toBeGreaterThanOrEqual(3);
    expect(last.every((record) => record.dkim === 'fail' && record.spf === 'fail')).toBe(true);
    expect(last.every((record) => record.auth.dkim[0]?.domain === 'acme.example')).toBe(true);
    expect(last.every((record) => record.auth.dkim[0]?.result === 'fail')).toBe(true);
    expect(last.every((record) => record.disposition === 'quarantine' || record.reasons.length > 0)).toBe(true);
  });

  it('stays broken from the day that is asked for, or never breaks', () => {
    const early = breaking([...generateMails({ until, days: 5, breakOn: 2 })], ips);
    for (const record of early) {
      if (record.mail.day >= until - 2 * day) expect(passes(record)).toBe(false);
    }
    expect(passes(early.find(({ mail }) => mail.day === until - 3 * day) ?? { dkim: null, spf: null })).toBe(true);
    const never = breaking([...generateMails({ until, days: 3, breakOn: null })], ips);
    expect(sum(never.filter(passes)) / sum(never)).toBeGreaterThan(0.97);
    expect(scenarioFacts({ until, days: 3, breakOn: null }).breaking).toBeNull();
    expect(scenarioFacts({ until, days: 5, breakOn: 2 }).breaking?.from).toBe(until - 2 * day);
  });
});

describe('the number of mails', () => {
  it('is known before they are made', () => {
    expect(countMails(month)).toBe(mails.length);
  });

  it('is exactly what is asked for, fewer or more', () => {
    const few = [...generateMails({ until, days: 3, mails: 10 })];
    expect(few).toHaveLength(10);
    expect(few.every((mail) => mail.day === until)).toBe(true);
    const many = [...generateMails({ until, days: 3, mails: 500 })].filter((mail) => mail.kind === 'report');
    expect([...generateMails({ until, days: 3, mails: 500 })]).toHaveLength(500);
    const keys = new Set(many.map((mail) => [mail.reporter, mail.reportId, mail.domain, mail.day].join(' ')));
    expect(keys.size).toBe(many.length);
  });

  it('is between four and five thousand for 90 days', () => {
    expect(countMails({ until, days: 90 })).toBeGreaterThan(4000);
    expect(countMails({ until, days: 90 })).toBeLessThanOrEqual(5000);
  });

  it('follows the number of domains and of reporters', () => {
    expect(scenarioFacts({ until, days: 1, domains: 40 }).domains.at(-1)?.name).toBe('branch-40.example');
    const one = [...generateMails({ until, days: 4, reportersPerDay: 1 })].filter((mail) => mail.kind === 'report');
    const others = one.filter((mail) => mail.domain !== 'acme.example');
    expect(new Set(others.map((mail) => `${mail.domain} ${mail.day}`)).size).toBe(others.length);
  });
});
