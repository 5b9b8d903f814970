import { plainText } from '../base/text.js';
import type { FileOutcome } from '../model/report.js';
import type { ContainerEnding } from '../model/report-file.js';
import type { AggregateReader } from './aggregate.js';

export interface Verdict {
  readonly outcome: FileOutcome;
  /** "" for a whole report. */
  readonly reason: string;
}

/** Everything that decides what a file was. */
export interface Evidence {
  readonly report: AggregateReader;
  /** Why the XML reader stopped, or "". */
  readonly failure: string;
  readonly ending: ContainerEnding['state'];
  /** The first block of the document, in UTF-8. */
  readonly head: Buffer;
}

/** What the file was. A report that may lack rows is `partial`, never `report`. */
export function verdictOn(evidence: Evidence): Verdict {
  const { report } = evidence;
  if (!report.hasRoot) return noReport(evidence);
  const reason = shortfall(evidence);
  if (reason === '') return report.hasContent ? { outcome: 'report', reason } : emptyRoot();
  if (report.hasContent) return { outcome: 'partial', reason };
  if (!report.hasParts && evidence.ending === 'complete' && isMention(evidence.head)) return mentionOnly;
  return { outcome: evidence.ending === 'oversized' ? 'oversized' : 'malformed', reason };
}

/** Whether words follow the first tag, as they do in a sentence: in a report, however short it was cut, another tag does. */
const isMention = (head: Buffer): boolean =>
  /^[^<]*<(?:[\w.-]{1,64}:)?feedback[^<>]*>\s*[^<\s]/.test(head.toString('latin1', 0, 4096));

/** A text that speaks of reports is none. */
const mentionOnly: Verdict = {
  outcome: 'not-a-report',
  reason: 'there is a feedback element, but nothing of a report in it',
};

function emptyRoot(): Verdict {
  return { outcome: 'not-a-report', reason: 'the feedback element holds nothing of a report' };
}

/** Why rows may be missing, or "". What follows a complete report is none of its own: it may be as long as it likes. */
function shortfall({ report, failure, ending }: Evidence): string {
  if (report.overflow !== '') return report.overflow;
  if (ending === 'truncated' || ending === 'corrupt') return endings[ending];
  if (report.hidesRecords) return 'an element without its start or end tag may hide records';
  if (report.hasSecond) return 'another report follows in the same file, of which only the first is read';
  if (report.isComplete) return '';
  if (ending === 'oversized') return endings.oversized;
  return failure === '' ? 'the XML ends before the report does' : failure;
}

const endings: Readonly<Record<ContainerEnding['state'], string>> = {
  complete: '',
  truncated: 'the container ends before its content does',
  corrupt: 'the container is damaged',
  oversized: 'it is larger than the limit',
};

function noReport({ report, failure, ending, head }: Evidence): Verdict {
  const text = head.toString('latin1').trimStart();
  if (ending === 'oversized') return { outcome: 'oversized', reason: endings.oversized };
  if (text === '' && ending === 'complete') return { outcome: 'malformed', reason: 'the file is empty' };
  if (isTlsReport(text)) return { outcome: 'tls-report', reason: 'it is an SMTP TLS report (RFC 8460)' };
  if (ending !== 'complete') return { outcome: 'malformed', reason: endings[ending] };
  if (report.firstElement !== null) return otherRoot(report.firstElement);
  if (failure !== '') return { outcome: 'malformed', reason: failure };
  if (!text.startsWith('<')) return { outcome: 'not-a-report', reason: 'it is not XML' };
  if (startsAsXml(head)) return { outcome: 'malformed', reason: 'the XML ends before its first element' };
  return { outcome: 'not-a-report', reason: 'it is no XML' };
}

function otherRoot(name: string): Verdict {
  return {
    outcome: 'not-a-report',
    reason: `its first element is ${plainText(name, 40)}, and there is no feedback element`,
  };
}

const startsAsXml = (head: Buffer): boolean => /^\s*<\?xml\s/i.test(head.toString('latin1', 0, 200));

/** RFC 8460 section 4.4: a JSON object with these members. */
function isTlsReport(text: string): boolean {
  const members = ['"organization-name"', '"policies"', '"date-range"', '"report-id"'];
  return text.startsWith('{') && members.filter((member) => text.includes(member)).length >= 2;
}
