import { daySeconds, utcDay } from '../../base/clock.js';
import { dayText } from '../../model/finding.js';
import type { Finding } from '../../model/finding.js';
import type { WeekFacts } from '../../model/telling.js';
import type { Connection } from '../database.js';
import { openFindings } from './findings.js';

const weekSeconds = 7 * daySeconds;
/** Reports of a day come in for two more. */
const lag = 2 * daySeconds;

const domainsSql = `SELECT d.name AS domain, sum(iif(t.day >= @from, t.messages, 0)) AS messages,
    sum(iif(t.day >= @from AND t.verdict <> 'fail', t.messages, 0)) AS pass,
    sum(iif(t.day < @from, t.messages, 0)) AS messagesBefore,
    sum(iif(t.day < @from AND t.verdict <> 'fail', t.messages, 0)) AS passBefore
  FROM domains d JOIN daily_totals t ON t.domain_id = d.id AND t.day BETWEEN @before AND @to
  WHERE NOT d.is_foreign GROUP BY d.id ORDER BY 2 DESC, 1`;

const reportersSql = `SELECT p.name, count(*) FILTER (WHERE r.arrived_at > @week) AS reports,
    count(*) FILTER (WHERE r.arrived_at <= @week) AS before
  FROM reports r JOIN reporters p ON p.id = r.reporter_id
  WHERE r.arrived_at > @weeks AND r.arrived_at <= @now GROUP BY p.id ORDER BY 2 DESC, 3 DESC, 1 LIMIT 20`;

/** A sender may be in findings of several rules: its sources count once. */
const failingSql = `WITH held AS (
    SELECT f.domain_id, f.sender, x.source_id, min(json_extract(f.evidence, '$.class')) AS class
    FROM findings f JOIN finding_sources x ON x.finding_id = f.id WHERE f.last_day >= @from GROUP BY 1, 2, 3)
  SELECT d.name AS domain, h.sender, min(h.class) AS class, sum(t.messages) AS messages,
    sum(iif(t.verdict = 'fail', t.messages, 0)) AS failed
  FROM held h JOIN domains d ON d.id = h.domain_id
  JOIN daily_totals t ON t.source_id = h.source_id AND t.domain_id = h.domain_id AND t.day BETWEEN @from AND @to
  GROUP BY h.domain_id, h.sender HAVING failed > 0 ORDER BY failed DESC, 1, 2 LIMIT 10`;

interface DomainWeek {
  readonly domain: string;
  readonly messages: number;
  readonly pass: number;
  readonly messagesBefore: number;
  readonly passBefore: number;
}

/** The last whole week of event days, by Unix seconds. */
export function openWeek(db: Connection): (now: number) => Promise<WeekFacts> {
  const domains = db.prepare<[{ before: number; from: number; to: number }], DomainWeek>(domainsSql);
  const reporters = db.prepare<[{ now: number; week: number; weeks: number }], WeekFacts['reporters'][number]>(
    reportersSql,
  );
  const failing = db.prepare<[{ from: number; to: number }], WeekFacts['failing'][number]>(failingSql);
  const changed = openChanged(db);
  return async (now) => {
    const to = utcDay(now) - lag;
    const from = to - weekSeconds + daySeconds;
    const week = now - weekSeconds;
    return {
      from: dayText(from),
      to: dayText(to),
      domains: domains.all({ before: from - weekSeconds, from, to }).map(({ messagesBefore, passBefore, ...each }) => ({
        ...each,
        before: { messages: messagesBefore, pass: passBefore },
      })),
      reporters: reporters.all({ now, week, weeks: week - weekSeconds }),
      failing: failing.all({ from, to }),
      changed: await changed(week),
    };
  };
}

/** The gravest first. */
const changedSql = `SELECT public_id FROM findings WHERE (opened_at > @since OR resolved_at > @since) AND resolution IS NOT 'superseded'
  ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, id DESC LIMIT 500`;

function openChanged(db: Connection): (since: number) => Promise<readonly Finding[]> {
  const ids = db.prepare<[{ since: number }], string>(changedSql).pluck();
  const findings = openFindings(db);
  return async (since) => {
    const all = await Promise.all(ids.all({ since }).map((id) => findings.get(id)));
    return all.filter((each) => each !== null);
  };
}
