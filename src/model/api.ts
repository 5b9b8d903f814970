import Type from 'typebox';
import type { Static, TProperties } from 'typebox';
import {
  complete,
  counts,
  day,
  maybeDay,
  maybeNumber,
  maybeText,
  maybeTime,
  number,
  text,
  time,
  word,
} from './api-fields.js';
import { mailOutcomes } from './outcome.js';
import { authenticities, proofMeans } from './part.js';
import type { ProofMeans } from './part.js';
import { verdicts } from './report.js';
import { sourceClasses } from './sender.js';

/** Shapes of the HTTP answers: their types, and the schemas of the OpenAPI page. Names are those of the database. */

const policy = {
  p: maybeText(),
  sp: maybeText(),
  np: maybeText(),
  pct: maybeNumber(),
  adkim: maybeText(),
  aspf: maybeText(),
};

const problem = Type.Object({ code: text(), where: text(), detail: text() });
const problems = Type.Array(problem, { description: 'What was odd but survived.' });

/** An answer with rows: every list of the API. */
export function listOf<P extends TProperties>(row: ReturnType<typeof Type.Object<P>>) {
  return Type.Object({
    rows: Type.Array(row),
    next_cursor: maybeText('Give it as cursor for the next page; null after the last.'),
    complete_through: maybeText(
      'YYYY-MM-DD: last event day whose reports should all have arrived (two days after its end); null where it has no meaning.',
    ),
  });
}

export interface ListAnswer<R> {
  readonly rows: R[];
  readonly next_cursor: string | null;
  readonly complete_through: string | null;
}

export const errorAnswer = Type.Object({
  error: Type.Object({
    code: text(
      'Closed list: bad_parameter, bad_request, unauthorized, forbidden, not_found, resolved, too_large, unsupported_type, too_many, busy, store_unavailable, internal.',
    ),
    message: text(),
    where: maybeText('The parameter at fault; null when it is not one.'),
  }),
});

export const domainRow = Type.Object({
  domain: text('Policy domain.'),
  ...policy,
  ...counts,
  sources: number('Source IPs in range.'),
  reporters: number('Reporters in range.'),
  last_day: maybeDay('Newest event day with data.'),
  last_report_at: maybeTime('Newest arrival of a report.'),
  open_alerts: number('Open now, of every severity.'),
});

export const dailyRow = Type.Object({
  day: day('Event day.'),
  complete,
  result: Type.Optional(word(verdicts)),
  disposition: Type.Optional(word(['none', 'quarantine', 'reject', 'pass', 'other'])),
  reporter: Type.Optional(text()),
  source_ip: Type.Optional(text()),
  domain: Type.Optional(text()),
  source_class: Type.Optional(word(sourceClasses)),
  sender: Type.Optional(text('Empty: source IPs that no evaluation has looked at.')),
  ...counts,
  pass_both: Type.Optional(number('Group none: passed by DKIM and SPF.')),
  pass_dkim: Type.Optional(number('Group none: passed by DKIM only.')),
  pass_spf: Type.Optional(number('Group none: passed by SPF only.')),
  estimated: number('Of messages, those spread evenly from reports of more than a day.'),
});

export const sourceRow = Type.Object({
  domain: text('Policy domain.'),
  source_ip: text(),
  ptr: maybeText('Its name in DNS, when it was looked up and the name has this address.'),
  sender: text('Empty before an evaluation looked at it.'),
  sender_title: text('The sender for people.'),
  source_class: word(sourceClasses, 'Class of its sender.'),
  class_evidence: maybeText('Why the sender is of that class.'),
  ...counts,
  first_seen: day('First event day ever.'),
  last_seen: day('Last event day ever.'),
  first_failed: maybeDay('First event day ever with a failing message.'),
  last_failed: maybeDay('Last one.'),
  reporters: number('Reporters that saw it in range.'),
  reporter_names: text('Reporters that saw it fail in range, most messages first, up to five, comma joined.'),
  disposition_none: number('Failing messages with this disposition.'),
  disposition_quarantine: number(),
  disposition_reject: number(),
  header_from: maybeText('Most frequent header_from of the newest failing rows.'),
  dkim: maybeText('Most frequent raw DKIM results of the newest failing rows: "d=example.com s=s1 fail".'),
  spf: maybeText('Most frequent raw SPF results of the newest failing rows: "mfrom=example.net softfail".'),
});

export const senderRow = Type.Object({
  domain: text('Policy domain.'),
  sender: text('Stable name: an organisational domain, a network, or the configured name.'),
  title: text('For people.'),
  kind: maybeText('What the catalogue of services calls it.'),
  step: word(['configured', 'ptr', 'dkim', 'spf', 'network']),
  evidence: text('What named it.'),
  sources: number('Source IPs.'),
  known: maybeText('Why it is known for the domain; null when it is not.'),
  class: word(sourceClasses),
  class_step: number('Which step decided; 0 is the word of the operator.'),
  class_evidence: text(),
  decision: Type.Union([word(['known', 'ignore', 'threat']), Type.Null()]),
  decision_until: maybeTime('When it ends; null: never.'),
  decided_by: maybeText(),
  updated_at: time('When an evaluation looked at it last.'),
});

export const reporterRow = Type.Object({
  reporter: text(),
  reports: number(),
  ...counts,
  last_report_at: maybeTime('Newest arrival among them.'),
  domains: number('Policy domains it reported on.'),
  days: number('Event days of the range that its reports end on.'),
  delay_hours: Type.Unsafe<number | null>({
    type: ['number', 'null'],
    description: 'From the end of the period that a report states to its arrival, on average.',
  }),
});

export const variableRow = Type.Object({
  __text: text('What people read.'),
  __value: text('What the domain, reporter or source parameter takes.'),
});

const reportFields = {
  id: number('Row id here; report_id is the reporter’s.'),
  mail_id: number('The ledger line that brought it.'),
  domain: text('Policy domain.'),
  reporter: text(),
  report_id: text(),
  begin_at: time('As the report says.'),
  end_at: time('As the report says.'),
  state: word(['complete', 'partial']),
  records: number(),
  ...counts,
  dkim_pass: number('Messages with aligned DKIM.'),
  spf_pass: number('Messages with aligned SPF.'),
  authenticity: word(authenticities, 'Whether the report is from the reporter that it names.'),
  proven_domain: maybeText(
    'Organisational domain that its mail was proven to come from; null when nothing was proven.',
  ),
  proven_by: Type.Unsafe<ProofMeans | null>({
    type: ['string', 'null'],
    enum: [...proofMeans, null],
    description: 'By the word of a mail server of ours, or by a DKIM signature that was checked.',
  }),
  foreign: Type.Boolean({ description: 'The policy domain is none of ours: kept apart, and in no total.' }),
  file: text('Part name and archive members.'),
  arrived_at: time('When it was stored.'),
};

export const reportRow = Type.Object({ ...reportFields, problem_count: number() });

export const reportAnswer = Type.Object({
  ...reportFields,
  digest: text('SHA-256 of the unpacked XML.'),
  generation: maybeText('rfc7489, rfc9990 or draft.'),
  namespace: maybeText(),
  org_name: maybeText(),
  email: maybeText(),
  extra_contact_info: maybeText(),
  generator: maybeText(),
  errors: Type.Array(Type.String()),
  policy: Type.Object({ ...policy, fo: maybeText(), testing: maybeText(), discovery_method: maybeText() }),
  problems,
  first_day: day('First event day its messages are booked on.'),
  last_day: day('Last one.'),
});

const result = { result: maybeText(), human_result: maybeText() };

export const recordRow = Type.Object({
  id: number(),
  source_ip: text(),
  messages: number(),
  disposition: maybeText(),
  dkim: maybeText('Aligned DKIM verdict of policy_evaluated.'),
  spf: maybeText('Aligned SPF verdict of policy_evaluated.'),
  result: word(verdicts),
  header_from: maybeText(),
  envelope_from: maybeText(),
  envelope_to: maybeText(),
  auth: Type.Object({
    dkim: Type.Array(Type.Object({ domain: maybeText(), selector: maybeText(), ...result })),
    spf: Type.Array(Type.Object({ domain: maybeText(), scope: maybeText(), ...result })),
  }),
  reasons: Type.Array(Type.Object({ type: maybeText(), comment: maybeText() })),
});

export const mailRow = Type.Object({
  id: number(),
  source: text('Configured mailbox or directory; else ingest, stdin, http or smtp.'),
  folder: text(),
  uid_validity: maybeNumber(),
  uid: maybeNumber(),
  path: maybeText(),
  message_id: maybeText(),
  subject: maybeText(),
  mail_from: maybeText(),
  size: number('Bytes.'),
  digest: maybeText('SHA-256 of the bytes as they came, hexadecimal; null when they were not read whole.'),
  original: Type.Boolean({ description: 'Whether those bytes are kept, so that the mail can be read again.' }),
  received_at: maybeTime('INTERNALDATE, or the file’s modification time.'),
  processed_at: time('When it got its ledger line.'),
  outcome: word(mailOutcomes),
  reason: text(),
  problems,
  report_ids: Type.Array(Type.Integer()),
});

export function pushAnswer(description: string) {
  return Type.Object(
    {
      id: number('Of its line in the ledger.'),
      outcome: word(mailOutcomes),
      reason: text('Why, in one sentence.'),
      report_ids: Type.Array(Type.Integer(), { description: 'Reports it brought; none for a duplicate.' }),
      known: Type.Boolean({ description: 'Whether the same bytes were posted before.' }),
    },
    { description },
  );
}

export const alertRow = Type.Object({
  alert_id: text(),
  rule: text(),
  severity: word(['critical', 'warning', 'info']),
  status: word(['open', 'resolved']),
  domain: text(),
  sender: text('Our grouping of source IPs; of a rule about a domain or the service what it is about, or empty.'),
  summary: text(),
  first_day: day('Event day of the first failure.'),
  last_day: day('Event day of the last one.'),
  opened_at: time(''),
  updated_at: time(''),
  resolved_at: maybeTime(''),
  resolution: maybeText(),
  told_at: maybeTime('When it was queued for telling.'),
  acked_at: maybeTime('When somebody took it in hand: no reminders.'),
  ignored_until: maybeTime('Nobody is told of it before then.'),
  source_ips: Type.Array(Type.String(), { description: 'At most 100.' }),
  evidence: Type.Unknown({ description: 'Window, baseline, sources, reporters, dispositions, next steps.' }),
});

export const mailboxRow = Type.Object({
  name: text(),
  up: Type.Unsafe<boolean | null>({ type: ['boolean', 'null'], description: 'Null before the first poll has ended.' }),
  poll_seconds: number(),
  last_poll_at: maybeTime(''),
  last_success_at: maybeTime(''),
  last_error: maybeText(),
  backlog: number('Mails that wait.'),
  backlog_done: number('Mails done since mails began to wait; 0 when none has waited for a poll.'),
  backlog_per_second: Type.Unsafe<number | null>({
    type: ['number', 'null'],
    description: 'Mails done a second, of late; null when not known.',
  }),
  backlog_seconds_left: maybeNumber('Until none waits, at that rate; null when not known.'),
});

export const statusAnswer = Type.Object({
  version: text(),
  started_at: time(''),
  mailboxes: Type.Array(mailboxRow),
  totals: Type.Object({
    mails: number(),
    reports: number(),
    records: number(),
    domains: number(),
    reporters: number(),
    sources: number(),
    open_alerts: number(),
  }),
  last_report_stored_at: maybeTime(''),
  evaluated: Type.Object(
    {
      report_id: maybeNumber('Last report that the rules looked at.'),
      newest_report_id: maybeNumber(),
      behind: Type.Boolean(),
    },
    { description: 'How far the alert rules have come.' },
  ),
});

export const healthAnswer = Type.Object({ status: Type.Literal('ok') });

export const readyAnswer = Type.Object({
  status: word(['ok', 'unready']),
  checks: Type.Array(Type.Object({ name: text(), ok: Type.Boolean(), detail: text() })),
});

export type DomainRow = Static<typeof domainRow>;
export type DailyRow = Static<typeof dailyRow>;
export type SourceRow = Static<typeof sourceRow>;
export type VariableRow = Static<typeof variableRow>;
export type ReportRow = Static<typeof reportRow>;
export type ReportAnswer = Static<typeof reportAnswer>;
export type RecordRow = Static<typeof recordRow>;
export type MailRow = Static<typeof mailRow>;
export type PushAnswer = Static<ReturnType<typeof pushAnswer>>;
export type AlertRow = Static<typeof alertRow>;
export type StatusAnswer = Static<typeof statusAnswer>;
export type ReadyAnswer = Static<typeof readyAnswer>;
export type ErrorAnswer = Static<typeof errorAnswer>;
