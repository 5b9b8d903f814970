import type { CrashEnd } from './crash.js';

/** What must hold however often the service was killed, each as [what is, what must be]. */
export function proof({ mails, sink, db, later, mailbox }: CrashEnd): Readonly<Record<string, readonly [unknown, unknown]>> {
  const reports = mails.flatMap(({ report }) => report ?? []);
  const list = (sql: string): unknown[] => db.prepare(sql).pluck().all();
  const counters = new Map(
    db
      .prepare<[], [string, string, number]>('SELECT name, labels, value FROM counters')
      .raw()
      .all()
      .map(([name, labels, value]) => [`${name}${labels}`, value]),
  );
  const sent = db.prepare<[], { id: string; type: string; body: string }>('SELECT id, type, body FROM outbox').all();
  const pass = sum(reports.map((each) => each.pass));
  const fail = sum(reports.map((each) => each.fail));
  return {
    'the file is sound': [list('PRAGMA integrity_check'), ['ok']],
    'every mail has one line': [list('SELECT message_id FROM mails').sort(), mails.map((each) => each.messageId).sort()],
    'every report is there once': [
      list('SELECT r.report_id || char(32) || d.name || char(32) || r.begin_at FROM reports r JOIN domains d ON d.id = r.domain_id').sort(),
      reports.map((each) => each.key).sort(),
    ],
    'rows and daily totals hold every message once': [
      [list('SELECT sum(messages) FROM records'), list("SELECT sum(messages) FROM daily_totals WHERE verdict = 'pass_both'"), list("SELECT sum(messages) FROM daily_totals WHERE verdict = 'fail'")],
      [[pass + fail], [pass], [fail]],
    ],
    'counters of reports and rows': [
      [counters.get('dmarc_reports_stored_total{}'), counters.get('dmarc_report_records_stored_total{}'), counters.get('dmarc_reports_duplicate_total{}') ?? 0],
      [reports.length, sum(reports.map((each) => each.records)), mails.filter((each) => each.outcome === 'duplicate').length],
    ],
    'counters of mails': [
      [counters.get('dmarc_mail_messages_processed_total{"mailbox":"rua"}'), ...outcomes.map((outcome) => counters.get(`dmarc_mails_total{"outcome":"${outcome}"}`) ?? 0)],
      [mails.length, ...outcomes.map((outcome) => mails.filter((each) => each.outcome === outcome).length)],
    ],
    'counters of messages': [
      [...new Set(reports.map((each) => each.domain))].sort().map((domain) => [domain, counters.get(labelled(domain, 'pass_both')) ?? 0, counters.get(labelled(domain, 'fail')) ?? 0]),
      [...new Set(reports.map((each) => each.domain))].sort().map((domain) => {
        const mine = reports.filter((each) => each.domain === domain);
        return [domain, sum(mine.map((each) => each.pass)), sum(mine.map((each) => each.fail))];
      }),
    ],
    'the mailbox lost and doubled nothing': [Object.values(mailbox).flat().sort(), mails.map((each) => each.messageId).sort()],
    'every mail was moved where its outcome says': [
      ['INBOX', 'Archive', 'Failed'].map((folder) => [...(mailbox[folder] ?? [])].sort()),
      [[], mails.filter((each) => each.outcome !== 'malformed').map((each) => each.messageId).sort(), mails.filter((each) => each.outcome === 'malformed').map((each) => each.messageId).sort()],
    ],
    'every notification arrived, each under one id': [
      [...new Set(sink.events.map(({ id, type, data }) => JSON.stringify([id, type, data])))].sort(),
      sent.map(({ id, type, body }) => JSON.stringify([id, type, (JSON.parse(body) as { data: unknown }).data])).sort(),
    ],
    'no signature was wrong': [sink.refused, []],
    'no alert was opened under two ids': [
      list("SELECT json_extract(body, '$.data.alert_id') FROM outbox WHERE type = 'dmarc.alert.opened' GROUP BY 1 HAVING count(*) > 1"),
      [],
    ],
    'every failing source is a finding, told at once or when the pause between messages is over': [
      later.prepare("SELECT count(*), count(told_by) FROM findings WHERE rule = 'new_failing_source'").raw().get(),
      [fail / 20, fail / 20],
    ],
  };
} // prettier-ignore

const outcomes = ['report', 'duplicate', 'malformed', 'not-a-report'] as const;

function labelled(domain: string, result: string): string {
  return `dmarc_report_messages_total{"domain":"${domain}","result":"${result}"}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
