import { gzipSync } from 'node:zlib';

/** A mail made for the crash test, and what it truly says. */
export interface CrashMail {
  readonly messageId: string;
  readonly raw: string;
  /** Null when it is no report, or brings one a second time. */
  readonly report: {
    readonly key: string;
    readonly domain: string;
    readonly pass: number;
    readonly fail: number;
    readonly records: number;
  } | null;
  readonly outcome: 'report' | 'duplicate' | 'malformed' | 'not-a-report';
}

export const domains = Array.from({ length: 10 }, (_, i) => `d${i}.example`);
const day = 86_400;
const yesterday = Math.floor(Date.now() / 1000 / day) * day - day;

/** The `n`th mail of a history: mostly reports of passing mail; every 15th comes twice, every 20th is cut short, every 25th is no report. */
export function backlogMail(n: number): CrashMail {
  const messageId = `<b${n}@reporter.example>`;
  if (n % 25 === 24) {
    return {
      messageId,
      raw: `Message-ID: ${messageId}\r\nSubject: hello\r\n\r\nA letter.\r\n`,
      report: null,
      outcome: 'not-a-report',
    };
  }
  if (n % 20 === 19)
    return {
      messageId,
      raw: mail(messageId, gzipSync('<feedback><report_metadata>')),
      report: null,
      outcome: 'malformed',
    };
  const again = n % 15 === 14;
  const of = again ? n - 1 : n;
  const { raw, report } = reportMail(messageId, { n: of, pass: 40 + (of % 7), fail: 0, ip: '198.51.100.7' });
  return { messageId, raw, report: again ? null : report, outcome: again ? 'duplicate' : 'report' };
}

/** The `n`th mail of the days after: a source IP that nobody has seen fails. */
export function failingMail(n: number): CrashMail {
  const messageId = `<f${n}@reporter.example>`;
  const { raw, report } = reportMail(messageId, {
    n: 1_000_000 + n,
    pass: 0,
    fail: 20,
    ip: `2001:db8:${(n + 1).toString(16)}::1`,
  });
  return { messageId, raw, report, outcome: 'report' };
}

function reportMail(messageId: string, { n, pass, fail, ip }: { n: number; pass: number; fail: number; ip: string }) {
  const domain = domains[n % domains.length] ?? '';
  const begin = yesterday - (n < 1_000_000 ? 1 + (n % 20) : 0) * day;
  const verdict = pass > 0 ? 'pass' : 'fail';
  const xml =
    `<feedback><report_metadata><org_name>reporter.example</org_name><report_id>r${n}</report_id>` +
    `<date_range><begin>${begin}</begin><end>${begin + day - 1}</end></date_range></report_metadata>` +
    `<policy_published><domain>${domain}</domain><p>none</p></policy_published>` +
    `<record><row><source_ip>${ip}</source_ip><count>${pass + fail}</count><policy_evaluated><disposition>none</disposition>` +
    `<dkim>${verdict}</dkim><spf>${verdict}</spf></policy_evaluated></row>` +
    `<identifiers><header_from>${domain}</header_from></identifiers></record></feedback>`;
  const report = { key: `r${n} ${domain} ${begin}`, domain, pass, fail, records: 1 };
  return { raw: mail(messageId, gzipSync(xml)), report };
}

function mail(messageId: string, packed: Buffer): string {
  const body = packed.toString('base64').replace(/.{1,76}/g, '$&\r\n');
  const head = ['From: reports@reporter.example', 'Subject: Report', `Message-ID: ${messageId}`, 'MIME-Version: 1.0'];
  const type = ['Content-Type: application/gzip', 'Content-Transfer-Encoding: base64'];
  return `${[...head, ...type].join('\r\n')}\r\n\r\n${body}`;
}
