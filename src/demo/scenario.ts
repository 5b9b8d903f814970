import { daySeconds } from '../base/clock.js';
import type { DemoMail, ScenarioOptions } from './demo-mail.js';
import { otherMail } from './other-mail.js';
import { planMails, type Entry } from './plan.js';
import { policyDomains, type PolicyDomain } from './policy-domains.js';
import { openRandom } from './random.js';
import { mailbox, reportMail } from './report-mail.js';
import { reportXml } from './report-xml.js';
import {
  breakingSender,
  forwarders,
  mailingLists,
  mailServices,
  ownServers,
  spoofingNetworks,
  type Forwarder,
  type MailingList,
  type MailService,
  type Sender,
} from './senders.js';
import { streamsOf, type Stream } from './streams.js';
import { recordsSeen } from './traffic.js';

export type { DemoMail, DemoMailKind, ScenarioOptions } from './demo-mail.js';

/** Who is who in a scenario. */
export interface ScenarioFacts {
  readonly domains: readonly PolicyDomain[];
  /** The mailbox's address, and the authserv-id of its Authentication-Results. */
  readonly mailbox: { readonly address: string; readonly authservId: string };
  /** `from`: first broken event day, midnight UTC, Unix seconds. Null when nothing breaks. */
  readonly breaking: { readonly domain: string; readonly sender: Sender; readonly from: number } | null;
  readonly ownServers: readonly Sender[];
  readonly mailServices: readonly MailService[];
  readonly forwarders: readonly Forwarder[];
  readonly mailingLists: readonly MailingList[];
  /** CIDR; their addresses change daily. */
  readonly spoofingNetworks: readonly string[];
}

export function scenarioFacts(options: ScenarioOptions): ScenarioFacts {
  const domains = policyDomains(options.domains ?? 12);
  const from = breaksAt(options);
  const domain = domains[0]?.name;
  return {
    domains,
    mailbox,
    breaking: from === null || domain === undefined ? null : { domain, sender: breakingSender, from },
    ownServers: Object.values(ownServers),
    mailServices: Object.values(mailServices),
    forwarders,
    mailingLists,
    spoofingNetworks,
  };
}

function breaksAt({ breakOn = 0, until }: ScenarioOptions): number | null {
  return breakOn === null ? null : until - breakOn * daySeconds;
}

/** How many mails `generateMails` yields. */
export function countMails(options: ScenarioOptions): number {
  return planMails(options).length;
}

/** The report mails of a scenario in the order of arrival; made one by one, none is kept. */
export function* generateMails(options: ScenarioOptions): Generator<DemoMail, void, undefined> {
  for (const entry of planMails(options)) yield makeMail(entry, options);
}

function makeMail(entry: Entry, options: ScenarioOptions): DemoMail {
  const { kind, day, receivedAt, about, token } = entry;
  if (!about) return { ...nothing, kind, day, receivedAt, raw: otherMail(entry) };
  const { reporter, domain } = about;
  const random = openRandom(options.seed ?? 1, day, domain.name, reporter.name, 'report');
  const begin = day;
  const header = { reportId: reporter.reportId({ domain, day }, random), begin, end: begin + reporter.xml.window };
  const records = recordsSeen(reporter, { domain, day }, streamsAt(about, day, options), random);
  const xml = reportXml(reporter, domain, header, records);
  const cut = kind === 'truncated';
  const raw = reportMail({ reporter, domain: domain.name, header, xml, sentAt: receivedAt, token }, cut);
  const said = { reporter: reporter.name, domain: domain.name, ...header };
  return { kind, day, receivedAt, raw, ...said, records: cut ? [] : records };
}

const nothing = { reporter: null, domain: null, reportId: null, begin: null, end: null, records: [] } as const;

/** The same for every reporter of the day: they all see the same forgers. */
function streamsAt(about: NonNullable<Entry['about']>, day: number, options: ScenarioOptions): readonly Stream[] {
  const { domain, index } = about;
  const from = breaksAt(options);
  const broken = from !== null && day >= from;
  return streamsOf(domain, index, broken, openRandom(options.seed ?? 1, day, domain.name, 'forgers'));
}
