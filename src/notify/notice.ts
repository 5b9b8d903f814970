import type {
  AlertData,
  AlertSummary,
  DigestData,
  DomainLook,
  Message,
  ProblemData,
  WeekData,
} from '../model/alert.js';
import type { Severity } from '../model/finding.js';
import type { Change } from '../model/telling.js';
import { visible } from './channels/text.js';

/** One alert of a notice, for channels that keep incidents. */
export interface NoticeAlert {
  readonly fingerprint: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly isOver: boolean;
  readonly domain: string;
  readonly sender: string;
  readonly mechanism: string;
  readonly class: string;
  readonly summary: string;
  readonly why: string;
  /** `2026-09-02T06:12:31Z` */
  readonly since: string;
  readonly link: string;
}

/** What a message says, in the same words for every channel. All of it is one-line text; channels escape and shorten it. */
export interface Notice {
  readonly message: Message;
  readonly title: string;
  readonly severity: Severity;
  /** It says that something is over. */
  readonly isOver: boolean;
  /** Paragraphs, the first one says most. */
  readonly lines: readonly string[];
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly link: string | null;
  /** Of a message about one alert, or told at once about several; those of a digest are not incidents. */
  readonly alerts: readonly NoticeAlert[];
  /** Fingerprint, where the message is about one alert. */
  readonly subject: string | null;
}

export function noticeOf(message: Message): Notice {
  const notice = wordsOf(message);
  return {
    ...notice,
    message,
    title: visible(notice.title),
    lines: notice.lines.map(visible).filter((line) => line !== ''),
    facts: notice.facts
      .map(({ name, value }) => ({ name: visible(name), value: visible(value) }))
      .filter(({ name, value }) => name !== '' && value !== ''),
  };
}

type Words = Omit<Notice, 'message'>;

function wordsOf({ type, data }: Message): Words {
  if ('alert_id' in data) return alertWords(data, openings[type] ?? '');
  if ('kind' in data) return digestWords(data);
  if ('part' in data) return problemWords(data);
  return { ...plain, title: 'ruawatch: a test message', lines: [data.summary] };
}

const plain = { severity: 'info', isOver: false, facts: [], link: null, alerts: [], subject: null } as const;

const openings: Readonly<Record<string, string>> = {
  'dmarc.alert.resolved': 'Over: ',
  'dmarc.alert.updated': 'Worse: ',
  'dmarc.alert.reminder': 'Still so: ',
};

/** What each rule has found, for a title. */
const findings: Readonly<Record<AlertSummary['rule'], string>> = {
  known_sender_failing: 'known sender fails DMARC',
  policy_weakened: 'policy weakened',
  domain_alignment_drop: 'alignment has dropped',
  mechanism_broken: 'DKIM or SPF of a sender is broken',
  new_unaligned_sender: 'new sender is not aligned',
  spoofing_spike: 'many messages of nobody known',
  reports_missing: 'no reports come',
  mailbox_failing: 'mailbox cannot be read',
  parse_failing: 'reports cannot be read',
  new_failing_source: 'new source fails DMARC',
  reporter_missing: 'reporter is silent',
  new_subdomain: 'new subdomain',
  unknown_domain: 'reports for a domain that is not configured',
  volume_change: 'volume has changed',
};

function alertWords(data: AlertData, opening: string): Words {
  const alert = noticeAlert(data);
  const subject = [data.domain, data.source.group].filter((each) => each !== '').join(': ');
  return {
    title: `${opening}${subject}: ${findings[data.rule]}`,
    severity: data.severity,
    isOver: alert.isOver,
    lines: [data.summary, data.why, ...(alert.isOver ? [] : data.next_steps.map((step, i) => `${i + 1}. ${step}`))],
    facts: factsOf(data),
    link: data.links.alert,
    alerts: [alert],
    subject: data.fingerprint,
  };
}

function factsOf(data: AlertData): Notice['facts'] {
  const { source, window, disposition, reporters } = data;
  const more = source.ip_count - source.ips.slice(0, 5).length;
  const done = [
    [disposition.reject, 'rejected'],
    [disposition.quarantine, 'quarantined'],
    [disposition.none, 'delivered'],
  ] as const;
  return [
    { name: 'Severity', value: data.severity },
    { name: 'Domain', value: data.domain },
    { name: 'Sender', value: source.group === '' ? '' : `${source.group} (${source.class.replaceAll('_', ' ')})` },
    { name: 'Source IPs', value: source.ips.slice(0, 5).join(', ') + (more > 0 ? ` and ${count(more)} more` : '') },
    { name: 'Days', value: window.from === window.to ? window.from : `${window.from} to ${window.to}` },
    { name: 'Failed', value: `${count(window.failed)} of ${count(window.messages)}` },
    { name: 'Receivers', value: done.flatMap(([n, word]) => (n > 0 ? [`${word} ${count(n)}`] : [])).join(', ') },
    { name: 'Reporters', value: reporters.slice(0, 5).join(', ') },
  ];
}

function noticeAlert(data: AlertSummary): NoticeAlert {
  return {
    fingerprint: data.fingerprint,
    rule: data.rule,
    severity: data.severity,
    isOver: data.status === 'resolved',
    domain: visible(data.domain),
    sender: visible(data.source.group),
    mechanism: data.mechanism,
    class: data.source.class,
    summary: visible(data.summary),
    why: visible(data.why),
    since: data.first_report_arrived_at,
    link: data.links.alert,
  };
}

const digestTitles: Readonly<Record<DigestData['kind'], string>> = {
  daily: 'Daily digest',
  weekly: 'Weekly summary',
  grouped: 'Several alerts',
  first_start: 'First look at the reports',
  new_domain: 'First reports about a domain',
  backlog: 'Older reports came in',
  storm: 'Very many alerts',
};

function digestWords(data: DigestData): Words {
  const { counts } = data;
  const isGrouped = data.kind === 'grouped' || data.kind === 'storm';
  const gravest = counts.critical > 0 ? 'critical' : counts.warning > 0 ? 'warning' : 'info';
  return {
    title: `${digestTitles[data.kind]}: ${data.summary}`,
    severity: isGrouped ? gravest : 'info',
    isOver: counts.alerts > 0 && counts.resolved === counts.alerts,
    lines: [
      ...(data.domains ?? []).map(lookLine),
      ...data.alerts.map(digestLine),
      data.more > 0 ? `and ${count(data.more)} more` : '',
      ...(data.week === undefined ? [] : weekLines(data.week)),
    ],
    facts: (data.pass_rates ?? []).map(({ domain, messages, pass_rate: rate }) => ({
      name: domain,
      value: rate === null ? 'no messages' : `${rateText(rate)} of ${count(messages)} pass`,
    })),
    link: data.links.dashboard,
    alerts: isGrouped ? data.alerts.map(noticeAlert) : [],
    subject: null,
  };
}

const changes: Readonly<Record<Change, string>> = {
  opened: '',
  updated: 'worse, ',
  reminder: 'still so, ',
  resolved: '',
};

function digestLine({ severity, status, change, domain, summary }: AlertSummary): string {
  const state = status === 'resolved' ? 'over' : `${changes[change ?? 'opened']}${severity}`;
  return [state, domain, summary].filter((each) => each !== '').join(': ');
}

function problemWords(data: ProblemData): Words {
  return {
    ...plain,
    title: `ruawatch: the ${data.part} ${data.name} has a problem`,
    severity: 'warning',
    lines: [data.summary, ...data.next_steps],
  };
}

function lookLine({ domain, senders, look_at_first: first }: DomainLook): string {
  const classes = senders.map(({ class: kind, names, more, failed }) => {
    const others = more > 0 ? ` and ${count(more)} more` : '';
    return `${kind.replaceAll('_', ' ')}: ${names.join(', ')}${others} (${count(failed)} failed)`;
  });
  const failing = classes.length === 0 ? 'nothing fails' : classes.join('; ');
  return `${domain}: ${failing}.${first === null ? '' : ` Look first at ${first}`}`;
}

function weekLines({ pass_rates_before: before, failing_senders: failing, reporters }: WeekData): string[] {
  const rates = (before ?? []).map(({ domain, pass_rate: rate }) => `${domain} ${rateText(rate)}`);
  const senders = failing.map(
    ({ domain, sender, messages, failed }) =>
      `Failing for ${domain}: ${sender}, ${count(failed)} of ${count(messages)} messages`,
  );
  const reports = reporters.map(({ name, reports: n, before: last }) => `${name} ${count(n)} (${count(last)})`);
  return [
    ...senders,
    rates.length === 0 ? '' : `Passed the week before: ${rates.join(', ')}`,
    reports.length === 0 ? '' : `Reports (the week before): ${reports.join(', ')}`,
  ];
}

function rateText(rate: number | null): string {
  return rate === null ? 'no messages' : `${(Math.floor(rate * 1000) / 10).toFixed(1)} %`;
}

/** `1,204` */
function count(n: number): string {
  return n.toLocaleString('en-US');
}
