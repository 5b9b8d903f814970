import { daySeconds } from '../../base/clock.js';
import type { Domains, NewName, SenderDay, SenderScope, TouchedDomain } from '../../model/domain-facts.js';
import type { ReportSpan } from '../../model/history.js';
import type { KindDay } from '../../model/sender.js';
import type { Connection } from '../database.js';
import { openDomainReports } from './domain-reports.js';
import { openDomainFindings } from './findings.js';
import { kindSums } from './kind-sums.js';
import { openServiceState } from './service-state.js';

/** Names kept for a domain: one mail may claim any number. */
const keptNames = 1_000;

/** Reads policy domains as a whole, for the watch. Belongs to the thread that owns the connection. */
export function openDomains(db: Connection): Domains {
  const touched = openTouchedDomains(db);
  const senderDays = openSenderDays(db);
  const newNames = openNewNames(db);
  const open = openDomainFindings(db);
  const quiet = db.prepare<{ after: number; before: number }, { domainId: number; domain: string; arrivedAt: number }>(
    `SELECT id AS domainId, name AS domain, arrivedAt FROM (
       SELECT d.id, d.name, (SELECT r.arrived_at FROM reports r WHERE r.domain_id = d.id AND r.authenticity <> 'failed'
                             ORDER BY r.arrived_at DESC LIMIT 1) AS arrivedAt
       FROM domains d WHERE NOT d.is_foreign)
     WHERE arrivedAt > @after AND arrivedAt <= @before ORDER BY id`,
  );
  const reports = openDomainReports(db);
  const first = db
    .prepare<[number], number>(
      `SELECT arrived_at FROM reports WHERE domain_id = ? AND authenticity <> 'failed' ORDER BY arrived_at LIMIT 1`,
    )
    .pluck();
  const foreign = db.prepare<[number], number>('SELECT is_foreign FROM domains WHERE id = ?').pluck();
  return {
    touched: async (span) => touched(span),
    quiet: async (after, before) => quiet.all({ after, before }),
    reports: async (domainId, from) => reports(domainId, from),
    senderDays: async (scope) => senderDays(scope),
    newNames: async (span) => newNames(span),
    firstArrival: async (domainId) => first.get(domainId) ?? null,
    isForeign: async (domainId) => foreign.get(domainId) === 1,
    open: async () => open(),
    ...openServiceState(db),
  };
}

function openTouchedDomains(db: Connection): (span: ReportSpan) => TouchedDomain[] {
  interface Row extends Omit<TouchedDomain, 'days' | 'foreign'> {
    readonly foreign: 0 | 1;
    readonly first: number;
    readonly last: number;
  }
  const rows = db.prepare<[ReportSpan], Row>(
    `SELECT r.domain_id AS domainId, d.name AS domain, d.is_foreign AS "foreign", r.first_day AS first, r.last_day AS last,
            count(*) AS reports, sum(r.messages) AS messages, min(r.arrived_at) AS firstArrival
     FROM reports r CROSS JOIN domains d ON d.id = r.domain_id
     WHERE r.id > @after AND r.id <= @through AND r.authenticity <> 'failed'
     GROUP BY r.domain_id, r.first_day, r.last_day`,
  );
  return (span) => {
    const all = new Map<number, TouchedDomain>();
    for (const { first, last, foreign, ...row } of rows.all(span)) {
      const sum = all.get(row.domainId) ?? { ...row, reports: 0, messages: 0, days: [] };
      all.set(row.domainId, {
        ...sum,
        foreign: foreign === 1,
        reports: sum.reports + row.reports,
        messages: sum.messages + row.messages,
        firstArrival: Math.min(sum.firstArrival, row.firstArrival),
        days: [...new Set([...sum.days, first, last])].sort((one, other) => one - other),
      });
    }
    return [...all.values()];
  };
}

const kinds = ['both', 'dkim', 'relayed', 'spf', 'forwarded', 'signed', 'elsewhere', 'error', 'nothing'] as const;

/** From the records: the totals hold reports of failed authenticity too. */
function openSenderDays(db: Connection): (scope: SenderScope) => readonly SenderDay[] {
  type ScopeOf = Omit<SenderScope, 'reporterIds'> & { readonly ids: string };
  type Facts = { known: 0 | 1; first: number; last: number; errorsBy: string | null };
  type Row = Omit<SenderDay, 'day' | 'known' | 'errorsBy'> & Facts;
  const rows = db.prepare<[ScopeOf], Row>(
    `SELECT coalesce(a.sender, '') AS sender, coalesce(o.decision = 'known' OR b.known IS NOT NULL, 0) AS known,
            r.first_day AS first, r.last_day AS last, ${kindSums},
            group_concat(DISTINCT iif(x.verdict = 'fail' AND x.trait = 'error' AND x.messages > 0, r.reporter_id, NULL)) AS errorsBy
     FROM reports r CROSS JOIN records x ON x.report = r.id
     LEFT JOIN source_senders a ON a.domain_id = @domainId AND a.source_id = x.source_id
     LEFT JOIN senders b ON b.domain_id = @domainId AND b.sender = a.sender
     LEFT JOIN sender_decisions o ON o.domain_id = @domainId AND o.sender = a.sender AND coalesce(o.until, @now + 1) > @now
     WHERE r.domain_id = @domainId AND r.last_day >= @from AND r.first_day <= @to AND r.authenticity <> 'failed'
       AND r.reporter_id IN (SELECT value FROM json_each(@ids)) AND coalesce(o.decision NOT IN ('ignore', 'threat'), 1)
     GROUP BY a.sender, r.first_day, r.last_day`,
  );
  return ({ reporterIds, ...scope }) => {
    const { from, to } = scope;
    const sums = new Map<string, Sum>();
    for (const { first, last, known, sender, errorsBy, ...row } of rows.all({
      ...scope,
      ids: JSON.stringify(reporterIds),
    })) {
      const days = (last - first) / daySeconds + 1;
      for (let i = 0; i < days; i++) {
        const day = first + i * daySeconds;
        if (day < from || day > to) continue;
        const key = `${day} ${sender}`;
        const sum = sums.get(key) ?? { ...nothing, day, sender, known: known === 1, errorsBy: new Set() };
        // A report of several days counts in equal shares, whole messages that add up exactly, as in the totals.
        for (const kind of kinds)
          sum[kind] += Math.floor((row[kind] * (i + 1)) / days) - Math.floor((row[kind] * i) / days);
        for (const id of errorsBy?.split(',') ?? []) sum.errorsBy.add(Number(id));
        sums.set(key, sum);
      }
    }
    return [...sums.values()]
      .map((each) => ({ ...each, errorsBy: [...each.errorsBy] }))
      .sort((one, other) => one.day - other.day);
  };
}

type Sum = Record<keyof KindDay, number> & Pick<SenderDay, 'sender' | 'known'> & { readonly errorsBy: Set<number> };

const nothing = {
  both: 0, dkim: 0, relayed: 0, spf: 0, forwarded: 0, signed: 0, elsewhere: 0, error: 0, nothing: 0,
} as const; // prettier-ignore

function openNewNames(db: Connection): (span: ReportSpan) => ReadonlyMap<number, readonly NewName[]> {
  const rows = db.prepare<[ReportSpan], NewName & { domainId: number }>(
    `WITH names AS (
       SELECT r.domain_id, lower(c.header_from) AS name, sum(c.messages) AS messages
       FROM reports r CROSS JOIN records c ON c.report = r.id
       WHERE r.id > @after AND r.id <= @through AND r.authenticity <> 'failed'
         AND c.verdict <> 'fail' AND c.messages > 0 AND c.header_from <> ''
       GROUP BY 1, 2
     ), fresh AS (
       SELECT n.*, row_number() OVER (PARTITION BY n.domain_id ORDER BY n.messages DESC, n.name) AS place
       FROM names n CROSS JOIN domains d ON d.id = n.domain_id
       WHERE NOT d.is_foreign AND n.name <> d.name AND substr(n.name, -length(d.name) - 1) = '.' || d.name
         AND NOT EXISTS (SELECT 1 FROM seen_names s WHERE s.domain_id = n.domain_id AND s.name = n.name)
     )
     SELECT f.domain_id AS domainId, f.name, f.messages FROM fresh f
     WHERE f.place <= ${keptNames} - (SELECT count(*) FROM seen_names s WHERE s.domain_id = f.domain_id)
     ORDER BY f.domain_id, f.place`,
  );
  return (span) => {
    const found = new Map<number, NewName[]>();
    for (const { domainId, name, messages } of rows.all(span)) {
      const own = found.get(domainId);
      if (own === undefined) found.set(domainId, [{ name, messages }]);
      else own.push({ name, messages });
    }
    return found;
  };
}
