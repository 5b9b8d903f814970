import { daySeconds } from '../../src/base/clock.js';

/** How the messages of a flow fared: `evaluated` is the reporter's verdict on alignment, the rest are the raw results. */
export interface Auth {
  readonly evaluated: { readonly dkim: 'pass' | 'fail'; readonly spf: 'pass' | 'fail' };
  readonly dkim: readonly { readonly domain: string; readonly selector: string; readonly result: string }[];
  readonly spf: readonly { readonly domain: string; readonly result: string }[];
  readonly reason?: string;
  readonly disposition?: 'none' | 'quarantine' | 'reject';
}

/** Mail that some addresses send in the name of a policy domain, day after day. */
export interface Flow {
  /** `example.org` unless told. */
  readonly domain?: string;
  /** They share the day's messages evenly. */
  readonly ips: readonly string[];
  readonly perDay: number;
  /** First and last event day, `2026-06-01`. */
  readonly from: string;
  readonly to: string;
  readonly auth: Auth;
  /** Names of those that see it; all unless told. */
  readonly seenBy?: readonly string[];
}

export interface Reporter {
  readonly name: string;
  /** From the end of the day to the arrival of its report. */
  readonly lagHours: number;
  /** Its part of the messages, beside the others' parts. */
  readonly share: number;
}

export interface Policy {
  readonly p: string;
  readonly sp?: string;
  readonly pct?: number;
}

export interface Row {
  readonly ip: string;
  readonly count: number;
  readonly auth: Auth;
}

/** One report as it arrives. */
export interface Report {
  readonly reporter: string;
  readonly domain: string;
  /** Begin and end of the period, Unix seconds. */
  readonly begin: number;
  readonly end: number;
  /** Unix seconds. */
  readonly arrives: number;
  readonly rows: readonly Row[];
  readonly policy: Policy;
  readonly id: string;
}

export interface History {
  readonly flows: readonly Flow[];
  /** One that hears everything and reports six hours after midnight, unless told. */
  readonly reporters?: readonly Reporter[];
  /** What the domains publish on a day; `p=none` unless told. */
  readonly policy?: (day: string) => Policy;
}

export const theReporter: Reporter = { name: 'receiver.example', lagHours: 6, share: 1 };

/** Unix seconds at midnight UTC. */
export function dayOf(text: string): number {
  return Date.parse(`${text}T00:00:00Z`) / 1000;
}

export function plusDays(text: string, days: number): string {
  return new Date((dayOf(text) + days * daySeconds) * 1000).toISOString().slice(0, 10);
}

/** `2026-09-01T06:00:00Z`, Unix seconds. */
export function timeOf(text: string): number {
  return Date.parse(text) / 1000;
}

/** The reports of a history, in order of arrival: one for each day, domain and reporter that saw something. */
export function reportsOf({ flows, reporters = [theReporter], policy = () => ({ p: 'none' }) }: History): Report[] {
  const reports = flows.flatMap((flow) => daysOf(flow).map((day) => ({ flow, day, domain: domainOf(flow) })));
  const groups = grouped(reports, ({ day, domain }) => `${day} ${domain}`);
  return [...groups.values()]
    .flatMap((cell) => {
      const [{ day, domain } = { day: '', domain: '' }] = cell;
      return reporters.flatMap((reporter) => {
        const rows = cell.flatMap(({ flow }) => rowsSeen(flow, reporter, reporters));
        return rows.length === 0 ? [] : [reportOf(reporter, { day, domain, rows, policy: policy(day) })];
      });
    })
    .sort((one, other) => one.arrives - other.arrives);
}

/** In the order in which their keys turn up. */
export function grouped<T, K>(all: readonly T[], keyOf: (each: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const each of all) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  return groups;
}

function domainOf({ domain = 'example.org' }: Flow): string {
  return domain;
}

function daysOf({ from, to }: Flow): string[] {
  const days = (dayOf(to) - dayOf(from)) / daySeconds + 1;
  return Array.from({ length: Math.max(0, days) }, (_, i) => plusDays(from, i));
}

function reportOf(
  { name, lagHours }: Reporter,
  { day, domain, rows, policy }: { day: string; domain: string; rows: readonly Row[]; policy: Policy },
): Report {
  const begin = dayOf(day);
  const end = begin + daySeconds - 1;
  const arrives = begin + daySeconds + lagHours * 3600;
  return { reporter: name, domain, begin, end, arrives, rows, policy, id: `${day}.${name}` };
}

/** The reporter's part of a day, spread over the addresses without loss. */
function rowsSeen({ ips, perDay, auth, seenBy }: Flow, reporter: Reporter, reporters: readonly Reporter[]): Row[] {
  const seeing = reporters.filter(({ name }) => seenBy?.includes(name) ?? true);
  const place = seeing.indexOf(reporter);
  if (place < 0) return [];
  const whole = seeing.reduce((sum, { share }) => sum + share, 0);
  const before = seeing.slice(0, place).reduce((sum, { share }) => sum + share, 0);
  const part = (upTo: number) => Math.floor((perDay * upTo) / whole + 1e-9);
  const [first, last] = [part(before), part(before + reporter.share)];
  return ips.flatMap((ip, i) => {
    const upTo = (n: number) => Math.floor((n + ips.length - 1 - i) / ips.length);
    const count = upTo(last) - upTo(first);
    return count === 0 ? [] : [{ ip, count, auth }];
  });
}

const leaf = (name: string, value: string | number): string => `<${name}>${value}</${name}>`;

/** The report file (RFC 7489 appendix C). */
export function xmlOf({ reporter, domain, begin, end, rows, policy, id }: Report): string {
  const published = `${leaf('domain', domain)}${leaf('adkim', 'r')}${leaf('aspf', 'r')}${leaf('p', policy.p)}${leaf('sp', policy.sp ?? policy.p)}${leaf('pct', policy.pct ?? 100)}`;
  return (
    `<?xml version="1.0"?><feedback><report_metadata>${leaf('org_name', reporter)}${leaf('email', `dmarc@${reporter}`)}${leaf('report_id', id)}` +
    `<date_range>${leaf('begin', begin)}${leaf('end', end)}</date_range></report_metadata><policy_published>${published}</policy_published>` +
    `${rows.map((row) => recordXml(row, domain)).join('')}</feedback>`
  );
}

function recordXml({ ip, count, auth }: Row, domain: string): string {
  const { evaluated, dkim, spf, reason, disposition = 'none' } = auth;
  const why = reason === undefined ? '' : `<reason>${leaf('type', reason)}</reason>`;
  const results = [
    ...dkim.map(
      (each) =>
        `<dkim>${leaf('domain', each.domain)}${leaf('selector', each.selector)}${leaf('result', each.result)}</dkim>`,
    ),
    ...spf.map((each) => `<spf>${leaf('domain', each.domain)}${leaf('result', each.result)}</spf>`),
  ];
  return (
    `<record><row>${leaf('source_ip', ip)}${leaf('count', count)}<policy_evaluated>${leaf('disposition', disposition)}` +
    `${leaf('dkim', evaluated.dkim)}${leaf('spf', evaluated.spf)}${why}</policy_evaluated></row>` +
    `<identifiers>${leaf('header_from', domain)}</identifiers><auth_results>${results.join('')}</auth_results></record>`
  );
}
