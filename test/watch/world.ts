import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { daySeconds, utcDay } from '../../src/base/clock.js';
import type { Clock } from '../../src/base/clock.js';
import type { AlertData, DigestData } from '../../src/model/alert.js';
import type { ChannelRoute } from '../../src/model/channel.js';
import { openWriter } from '../../src/store/database.js';
import type { Connection } from '../../src/store/database.js';
import { openDomains } from '../../src/store/watching/domains.js';
import { openFindings } from '../../src/store/watching/findings.js';
import { openHistory } from '../../src/store/watching/history.js';
import { openSenders } from '../../src/store/watching/senders.js';
import { Totals } from '../../src/store/writing/totals.js';
import { traitOf } from '../../src/store/writing/trait.js';
import { openTellings } from '../../src/store/watching/tellings.js';
import { sourceBounds } from '../../src/store/watching/history-touched.js';
import { evaluate } from '../../src/watch.js';
import type { EvaluationResult } from '../../src/watch.js';

export interface Row {
  readonly ip: string;
  readonly messages?: number;
  /** pass_dkim unless told. */
  readonly verdict?: 'pass_both' | 'pass_dkim' | 'pass_spf' | 'fail';
  readonly disposition?: string;
  /** `example.com` unless told. */
  readonly headerFrom?: string;
  readonly dkim?: readonly { readonly domain: string; readonly selector?: string; readonly result: string }[];
  readonly spf?: readonly { readonly domain: string; readonly result: string }[];
  readonly reasons?: readonly { readonly type: string; readonly comment?: string }[];
}

export interface FakeReport {
  /** `2026-09-01` */
  readonly day: string;
  readonly lastDay?: string;
  readonly domain?: string;
  readonly reporter?: string;
  readonly authenticity?: 'verified' | 'unverified' | 'failed';
  /** The published policy; nothing said unless told. */
  readonly p?: 'none' | 'quarantine' | 'reject';
  readonly rows: readonly Row[];
}

export type Body =
  | {
      readonly type: `dmarc.alert.${'opened' | 'updated' | 'reminder' | 'resolved'}`;
      readonly timestamp: string;
      readonly data: AlertData;
    }
  | { readonly type: 'dmarc.digest.daily'; readonly timestamp: string; readonly data: DigestData };

const schema = JSON.parse(readFileSync(new URL('../../docs/webhook.schema.json', import.meta.url), 'utf8')) as Record<
  string,
  unknown
>;
export const isValid = new Ajv({ allErrors: true, strict: false }).compile(schema);

export function dayOf(text: string): number {
  return Date.parse(`${text}T00:00:00Z`) / 1000;
}

export function plusDays(text: string, days: number): string {
  return new Date((dayOf(text) + days * daySeconds) * 1000).toISOString().slice(0, 10);
}

/** The channel of webhook.url. */
export const webhookRoute: ChannelRoute = {
  name: 'webhook',
  kind: 'webhook',
  severities: [],
  domains: [],
  rules: [],
  digest: true,
  weekly: false,
};
/** A row as a report would say it. */
function factsOf({ verdict = 'pass_dkim', dkim = [], spf = [], reasons = [] }: Row): Parameters<typeof traitOf>[0] {
  return {
    dkim: verdict === 'pass_both' || verdict === 'pass_dkim' ? 'pass' : 'fail',
    spf: verdict === 'pass_both' || verdict === 'pass_spf' ? 'pass' : 'fail',
    headerFrom: 'example.com',
    reasons: reasons.map(({ type, comment }) => ({ type, comment: comment ?? null })),
    auth: {
      dkim: dkim.map(({ domain, selector, result }) => ({
        domain,
        selector: selector ?? 's1',
        result,
        humanResult: null,
      })),
      spf: spf.map(({ domain, result }) => ({ domain, result, scope: null, humanResult: null })),
    },
  };
}

/** A store with a clock driven by hand; reports are put in by SQL, messages are read from the outbox and checked against the schema. */
export class World {
  readonly db: Connection;
  #totals: Totals | null = null;
  readonly results: EvaluationResult[] = [];
  #now = 0;
  readonly #channels: readonly ChannelRoute[];
  #domains: readonly string[];
  #mail: number;
  readonly #digestAt: string | null;
  readonly #bounds: typeof sourceBounds;

  constructor(
    options: {
      path?: string;
      channels?: readonly ChannelRoute[];
      domains?: readonly string[];
      digestAt?: string;
      bounds?: typeof sourceBounds;
    } = {},
  ) {
    this.db = openWriter(options.path ?? ':memory:');
    this.#channels = options.channels ?? [webhookRoute];
    this.#domains = options.domains ?? [];
    this.#digestAt = options.digestAt ?? null;
    this.#bounds = options.bounds ?? sourceBounds;
    this.#mail = Number(
      this.db
        .prepare(
          "INSERT INTO mails (source, folder, size, processed_at, outcome, reason) VALUES ('t', 't', 1, 1, 'report', '')",
        )
        .run().lastInsertRowid,
    );
  }

  readonly clock: Clock = { now: () => this.#now, sleep: async () => {} };

  /** `2026-09-01T06:00:00Z` or `2026-09-01` (midnight). */
  at(text: string): this {
    this.#now = Date.parse(text.includes('T') ? text : `${text}T00:00:00Z`);
    return this;
  }

  later(hours: number): this {
    this.#now += hours * 3_600_000;
    return this;
  }

  async evaluate(): Promise<EvaluationResult> {
    const result = await evaluate({
      history: openHistory(this.db, this.#bounds),
      findings: openFindings(this.db),
      senders: openSenders(this.db),
      tellings: openTellings(this.db),
      domains: openDomains(this.db),
      clock: this.clock,
      settings: {
        domains: this.#domains,
        publicUrl: 'https://rua.example.org',
        channels: this.#channels,
        digestAt: this.#digestAt,
      },
    });
    this.results.push(result);
    return result;
  }

  /** Evaluates every hour. */
  async live(hours: number): Promise<void> {
    for (let i = 0; i < hours; i++) await this.later(1).evaluate();
  }

  report(fake: FakeReport): number {
    const { domain = 'example.com', reporter = 'google.com' } = fake;
    const first = dayOf(fake.day);
    const last = dayOf(fake.lastDay ?? fake.day);
    const domainId = this.#id('domains', 'name', domain);
    const reporterId = this.#id('reporters', 'key', reporter, { name: reporter });
    const total = sum(fake.rows, () => true);
    const id = Number(
      this.db
        .prepare(
          `INSERT INTO reports (mail_id, reporter_id, domain_id, report_id, begin_at, end_at, state, digest, file, errors,
             records, messages, dkim_pass, spf_pass, pass, problems, authenticity, first_day, last_day, arrived_at, p)
           VALUES (?, ?, ?, ?, ?, ?, 'complete', x'00', 'f', '[]', ?, ?, 0, 0, ?, '[]', ?, ?, ?, ?, ?)`,
        )
        .run(
          this.#mail,
          reporterId,
          domainId,
          'r',
          first,
          last + daySeconds - 1,
          fake.rows.length,
          total,
          total - sum(fake.rows, (row) => row.verdict === 'fail'),
          fake.authenticity ?? 'unverified',
          first,
          last,
          Math.floor(this.#now / 1000),
          fake.p ?? null,
        ).lastInsertRowid,
    );
    for (const row of fake.rows) this.#row(id, row);
    const booked = { id, domain_id: domainId, reporter_id: reporterId, first_day: first, last_day: last };
    (this.#totals ??= new Totals(this.db)).add({ ...booked, estimated: false });
    return id;
  }

  #row(report: number, row: Row): void {
    const sourceId = this.#id('sources', 'ip', row.ip);
    const { messages = 1, verdict = 'pass_dkim', disposition = 'none' } = row;
    const trait = traitOf(factsOf(row), 'example.com');
    const record = this.db
      .prepare(
        `INSERT INTO records (report, source_id, messages, disposition, verdict, header_from, auth_set_id, trait)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        report,
        sourceId,
        messages,
        disposition,
        verdict,
        row.headerFrom ?? 'example.com',
        this.#authSet(row),
        trait,
      ).lastInsertRowid;
    (row.reasons ?? []).forEach(({ type, comment }, seq) =>
      this.db.prepare('INSERT INTO override_reasons VALUES (?, ?, ?, ?)').run(record, seq, type, comment ?? null),
    );
  }

  #authSet({ dkim = [], spf = [] }: Row): number {
    const digest = createHash('sha256')
      .update(JSON.stringify([dkim, spf]))
      .digest();
    const found = this.db.prepare<[Buffer], number>('SELECT id FROM auth_sets WHERE digest = ?').pluck().get(digest);
    if (found !== undefined) return found;
    const id = Number(this.db.prepare('INSERT INTO auth_sets (digest) VALUES (?)').run(digest).lastInsertRowid);
    const insert = this.db.prepare('INSERT INTO auth_results VALUES (?, ?, ?, ?, ?, NULL, ?, NULL)');
    dkim.forEach((each, i) => insert.run(id, i, 'dkim', each.domain, each.selector ?? 's1', each.result));
    spf.forEach((each, i) => insert.run(id, dkim.length + i, 'spf', each.domain, null, each.result));
    return id;
  }

  #id(table: string, key: string, value: string, more: Record<string, string> = {}): number {
    const columns = { [key]: value, ...more };
    this.db
      .prepare(
        `INSERT OR IGNORE INTO ${table} (${Object.keys(columns).join(', ')}) VALUES (${Object.keys(columns)
          .map(() => '?')
          .join(', ')})`,
      )
      .run(...Object.values(columns));
    const id = this.db.prepare<[string], number>(`SELECT id FROM ${table} WHERE ${key} = ?`).pluck().get(value);
    if (id === undefined) throw new Error(`no row in ${table}`);
    return id;
  }

  /** Every message so far; each is valid by the schema and under 20 kB. */
  messages(): Body[] {
    const bodies = this.db.prepare<[], string>('SELECT body FROM outbox ORDER BY rowid').pluck().all();
    return bodies.map((text) => {
      const body = JSON.parse(text) as Body;
      if (!isValid(body)) throw new Error(`not valid: ${JSON.stringify(isValid.errors)}\n${text}`);
      if (Buffer.byteLength(text) >= 20_000) throw new Error(`${Buffer.byteLength(text)} bytes`);
      return body;
    });
  }

  types(): string[] {
    return this.messages().map((each) => each.type);
  }

  /** The data of the only message of a type. */
  opened(): AlertData {
    return onlyOne(this.messages().flatMap((each) => (each.type === 'dmarc.alert.opened' ? [each.data] : [])));
  }

  digest(): DigestData {
    return onlyOne(this.messages().flatMap((each) => (each.type === 'dmarc.digest.daily' ? [each.data] : [])));
  }

  findings(): {
    rule: string;
    severity: string;
    status: string;
    sender: string;
    resolution: string | null;
    told_by: string | null;
    evidence: string;
    summary: string;
  }[] {
    return this.db.prepare<[], ReturnType<World['findings']>[number]>('SELECT * FROM findings ORDER BY id').all();
  }

  /** Longest time from a report's arrival to the telling of its finding, in hours; untold ones count until now. */
  longestDelayHours(): number {
    const now = Math.floor(this.#now / 1000);
    const seconds = this.db
      .prepare<[number], number | null>('SELECT max(coalesce(told_at, ?) - first_arrival) FROM findings')
      .pluck()
      .get(now);
    return (seconds ?? 0) / 3600;
  }

  /** Days of ordinary reports: each arrives at six in the morning of the day after and is evaluated at once. */
  async ordinary(from: string, days: number, rows: (day: string) => readonly Row[], domain?: string): Promise<string> {
    for (let i = 0; i < days; i++) {
      const day = plusDays(from, i);
      this.at(`${plusDays(day, 1)}T06:00:00Z`);
      this.report({ day, rows: rows(day), ...(domain === undefined ? {} : { domain }) });
      await this.evaluate();
    }
    return plusDays(from, days);
  }

  today(): string {
    return new Date(utcDay(this.#now / 1000) * 1000).toISOString().slice(0, 10);
  }
}

function sum(rows: readonly Row[], include: (row: Row) => boolean): number {
  return rows.filter(include).reduce((total, row) => total + (row.messages ?? 1), 0);
}

function onlyOne<T>(all: readonly T[]): T {
  const [only] = all;
  if (only === undefined || all.length !== 1) throw new Error(`${all.length} messages instead of one`);
  return only;
}

/** An ESP that signs for example.com and uses its own bounce domain. */
export const esp = {
  passing: (ip: string, messages: number): Row => ({
    ip,
    messages,
    verdict: 'pass_dkim',
    dkim: [
      { domain: 'example.com', selector: 's1', result: 'pass' },
      { domain: 'mailer.test', selector: 'k1', result: 'pass' },
    ],
    spf: [{ domain: 'bounce.mailer.test', result: 'pass' }],
  }),
  broken: (ip: string, messages: number): Row => ({
    ip,
    messages,
    verdict: 'fail',
    disposition: 'reject',
    dkim: [
      { domain: 'example.com', selector: 's1', result: 'fail' },
      { domain: 'mailer.test', selector: 'k1', result: 'pass' },
    ],
    spf: [{ domain: 'bounce.mailer.test', result: 'pass' }],
  }),
};

/** Mail that nothing authenticates. */
export function spoof(ip: string, messages = 1): Row {
  return { ip, messages, verdict: 'fail', disposition: 'reject', spf: [{ domain: 'example.com', result: 'fail' }] };
}
