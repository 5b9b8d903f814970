import type { Database } from 'better-sqlite3';
import { daySeconds } from '../../base/clock.js';
import { reportEnd } from '../report-end.js';

/** Class of the sender of `t.source_id`; `unknown` before an evaluation looked at it. */
export const classOf = (domain: string): string =>
  `coalesce((SELECT s.class FROM source_senders o JOIN senders s ON s.domain_id = o.domain_id AND s.sender = o.sender
    WHERE o.domain_id = ${domain} AND o.source_id = t.source_id), 'unknown')`;

const delay = `max(0, r.arrived_at - ${reportEnd})`;

/** A sum over domains: the columns of its key, and what a row of `from` adds to it. */
interface Sum {
  readonly table: string;
  readonly key: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, string>>;
  readonly from: string;
}

const messages = { messages: 't.messages', estimated: 't.estimated' };

/** Made of the sums of each domain. */
const ofDays: readonly Sum[] = [
  {
    table: 'domain_days',
    key: { domain_id: '0', day: 't.day', verdict: 't.verdict', disposition: 't.disposition' },
    values: messages,
    from: 'domain_days t',
  },
  {
    table: 'reporter_days',
    key: { domain_id: '0', day: 't.day', reporter_id: 't.reporter_id', verdict: 't.verdict', disposition: 't.disposition' }, // prettier-ignore
    values: messages,
    from: 'reporter_days t',
  },
  {
    table: 'class_days',
    key: { day: 't.day', class: classOf('t.domain_id'), verdict: 't.verdict', disposition: 't.disposition' },
    values: messages,
    from: 'source_days t',
  },
];

/** Made of reports. */
const ofReports: readonly Sum[] = [
  {
    table: 'received_days',
    key: { reporter_id: 'r.reporter_id', last_day: 'r.last_day', first_day: 'r.first_day' },
    values: { reports: '1', delay },
    from: 'reports r',
  },
  {
    table: 'late_days',
    key: { day: `r.arrived_at / ${daySeconds} * ${daySeconds}`, hours: `${delay} / 3600` },
    values: { reports: '1' },
    from: 'reports r',
  },
];

/** SQL that adds, or takes away with `@sign` -1, what the rows that meet a condition sum up to. */
function adding({ table, key, values, from }: Sum, condition: string): string {
  const names = [...Object.keys(key), ...Object.keys(values)];
  const sums = Object.values(values).map((value) => `@sign * sum(${value})`);
  return `INSERT INTO ${table} (${names.join(', ')})
    SELECT ${[...Object.values(key), ...sums].join(', ')} FROM ${from} WHERE ${condition}
    GROUP BY ${Object.keys(key).map((_, i) => i + 1).join(', ')}
    ON CONFLICT DO UPDATE SET ${Object.keys(values).map((name) => `${name} = ${name} + excluded.${name}`).join(', ')}`; // prettier-ignore
}

const ours = 'IN (SELECT id FROM domains WHERE NOT is_foreign)';

/** Fills the sums over domains, which must be empty. */
export function fillSums(db: Database): void {
  for (const sum of ofDays) db.prepare<[{ sign: 1 }]>(adding(sum, `t.domain_id ${ours}`)).run({ sign: 1 });
  for (const sum of ofReports) db.prepare<[{ sign: 1 }]>(adding(sum, `r.domain_id ${ours}`)).run({ sign: 1 });
}

/** Takes a domain out of the sums over domains; its own sums and its reports must be there yet. */
export function openWithout(db: Database): (domain: number) => void {
  type Of = { readonly sign: -1; readonly domain: number };
  const takes = [
    ...ofDays.map((sum) => adding(sum, 't.domain_id = @domain')),
    ...ofReports.map((sum) => adding(sum, 'r.domain_id = @domain')),
  ].map((sql) => db.prepare<[Of]>(sql));
  const sweeps = [...ofDays, ...ofReports].map(({ table, values }) =>
    db.prepare(`DELETE FROM ${table} WHERE ${Object.keys(values)[0] ?? ''} = 0`),
  );
  return (domain) => {
    for (const take of takes) take.run({ sign: -1, domain });
    for (const sweep of sweeps) sweep.run();
  };
}

/** Adds one report to the sums of reports, or takes it away with `sign` -1; its row must be there. */
export function openReceived(db: Database): (report: number, sign: 1 | -1) => void {
  type Of = { readonly sign: 1 | -1; readonly report: number };
  const adds = ofReports.map((sum) => db.prepare<[Of]>(adding(sum, 'r.id = @report')));
  const sweeps = ofReports.map(({ table, key }) =>
    db.prepare<[number]>(
      `DELETE FROM ${table} WHERE reports = 0
         AND (${Object.keys(key).join(', ')}) = (SELECT ${Object.values(key).join(', ')} FROM reports r WHERE r.id = ?)`,
    ),
  );
  return (report, sign) => {
    for (const add of adds) add.run({ sign, report });
    if (sign === -1) for (const sweep of sweeps) sweep.run(report);
  };
}
