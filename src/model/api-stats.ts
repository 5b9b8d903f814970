import Type from 'typebox';
import type { Static } from 'typebox';
import { complete, counts, day, maybeDay, maybeNumber, maybeText, number, text, time, word } from './api-fields.js';
import { verdicts } from './report.js';
import { sourceClasses } from './sender.js';

/** Shapes of the rows under /api/v1/stats that dashboards are drawn from, and of annotations. */

const domain = text('Policy domain.');
const severity = word(['critical', 'warning', 'info']);

export const senderStatRow = Type.Object({
  domain,
  sender: text('Stable name; empty: source IPs that no evaluation has looked at.'),
  title: text('For people.'),
  kind: maybeText('What the catalogue of services calls it.'),
  source_class: word(sourceClasses),
  class_evidence: maybeText('Why it is of that class.'),
  known: maybeText('Why it is known for the domain; null when it is not.'),
  ...counts,
  pass_both: number('Passed by DKIM and SPF.'),
  pass_dkim: number('Passed by DKIM only.'),
  pass_spf: number('Passed by SPF only.'),
  sources: number('Source IPs in range.'),
  first_seen: day('First event day ever of these source IPs.'),
  last_seen: day('Last event day in range.'),
});

export const coverageRow = Type.Object({
  day: day('Event day.'),
  complete,
  reporters: number('Reporters with messages on this day.'),
  expected: number('Reporters with messages on at least 5 of the 7 days before.'),
  present: number('Expected ones with messages on this day.'),
  coverage: Type.Unsafe<number | null>({
    type: ['number', 'null'],
    description: 'present / expected, 0 to 1; null when none is expected.',
  }),
  missing: text('Expected ones without messages on this day, by name, up to five, comma joined.'),
});

export const authRow = Type.Object({
  domain,
  method: word(['dkim', 'spf']),
  auth_domain: maybeText('Domain of the signature, or the one that SPF was checked for.'),
  selector: maybeText('DKIM only.'),
  scope: maybeText('SPF only: mfrom or helo.'),
  auth_result: maybeText('Raw result. It may pass for a domain that is not aligned.'),
  ...counts,
});

export const policyRow = Type.Object({
  domain,
  p: maybeText(),
  sp: maybeText(),
  np: maybeText(),
  adkim: maybeText(),
  aspf: maybeText(),
  pct: maybeNumber(),
  testing: maybeText(),
  first_day: day('First event day on which most reports name this policy.'),
  last_day: day('Last one.'),
  reports: number('Reports that name it on those days.'),
  changed_day: maybeDay('first_day where another policy came before it in the range, else null.'),
  p_before: maybeText('p of that other policy.'),
});

export const delayRow = Type.Object({
  day: day('Day of arrival.'),
  reports: number('Reports that arrived.'),
  report_delay_p50_hours: maybeNumber(
    'Hours from the end of the stated period within which half of the reports came; null without reports.',
  ),
  report_delay_p90_hours: maybeNumber('The same for nine in ten.'),
  alerts: number('Alerts opened.'),
  alert_delay_max_seconds: maybeNumber(
    'Longest time from the arrival of the report that showed it to the alert; null without alerts.',
  ),
});

export const sourceRecordRow = Type.Object({
  id: number(),
  report_id: number('Row id of the report: /api/v1/reports/{id}.'),
  domain,
  reporter: text(),
  begin_at: time('As the report says.'),
  end_at: time('As the report says.'),
  arrived_at: time('When the report was stored.'),
  source_ip: text(),
  messages: number(),
  result: word(verdicts),
  disposition: maybeText(),
  dkim: maybeText('Aligned DKIM verdict of policy_evaluated.'),
  spf: maybeText('Aligned SPF verdict of policy_evaluated.'),
  header_from: maybeText(),
  envelope_from: maybeText(),
  reasons: text('Override reasons: "forwarded: comment", comma joined.'),
  dkim_results: text('Raw results, up to three: "d=example.com s=s1 fail".'),
  spf_results: text('Raw results, up to three: "mfrom=example.net softfail".'),
});

export const annotationRow = Type.Object({
  time: time('Begin of the first event day of the failure.'),
  time_end: maybeDay('Begin of the day after the last one.'),
  title: text('Rule and sender.'),
  text: text('The summary of the alert.'),
  tags: text('Rule, severity and domain, comma joined.'),
  alert_id: text(),
  rule: text(),
  severity,
  status: word(['open', 'resolved']),
  domain: text('Empty: the service itself.'),
  sender: text(),
});

export type SenderStatRow = Static<typeof senderStatRow>;
export type CoverageRow = Static<typeof coverageRow>;
export type AuthRow = Static<typeof authRow>;
export type PolicyRow = Static<typeof policyRow>;
export type DelayRow = Static<typeof delayRow>;
export type SourceRecordRow = Static<typeof sourceRecordRow>;
export type AnnotationRow = Static<typeof annotationRow>;
