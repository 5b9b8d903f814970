import { daySeconds } from '../base/clock.js';
import { plainText } from '../base/text.js';
import { countDays, dayText } from '../model/finding.js';
import type { AuthCounts, DayCount, DayRange, Dispositions, Evidence, Mechanism, RuleName } from '../model/finding.js';
import type { DomainPolicy, History, RecordDetail, Scope, SourceKindDay } from '../model/history.js';
import type { RecordGroup } from '../model/record-group.js';
import type { Classified, KindDay, Sender, SenderKind } from '../model/sender.js';
import { isError, isOurs } from './cause.js';
import { diagnose, handledText } from './diagnose.js';
import type { Rows } from './diagnose.js';
import { partsOf } from './parts.js';
import { beginsElsewhere, looksRelayed, passesNoMore } from './relayed.js';
import { longDays } from './rules/breaks.js';
import type { Weighed } from './rules/rule.js';
import { daysOf, sumKinds } from './rules/series.js';
import { classify, failingKinds, forwarderStep, noForwarder } from './senders/classes.js';
import type { Kind } from './senders/classes.js';
import type { Past } from './summary.js';

/** What was decided about a finding before its evidence is gathered. Days are Unix seconds. */
export interface Frame {
  readonly domainId: number;
  readonly domain: string;
  readonly rule: RuleName;
  readonly mechanism: Mechanism;
  readonly sender: Pick<Sender, 'name' | 'title' | 'known' | 'decision'>;
  readonly kind: SenderKind | null;
  /** As it was judged before, when the sender was not looked at now; null: judge. */
  readonly classified: Classified | null;
  readonly sourceIds: readonly number[];
  /** They are all of the sender. */
  readonly whole: boolean;
  readonly from: number;
  readonly to: number;
  /** The window as it was told; null to count it from the data. */
  readonly frozen: DayRange | null;
  readonly baseline: Evidence['baseline'];
  readonly pValue: number | null;
  readonly late: boolean;
  readonly flapping: boolean;
  readonly toldAs: Evidence['told_as'];
  readonly newestDay: number;
  readonly policy: DomainPolicy | null;
  /** No report evaluated before names the domain: nobody is woken on the word of the first. */
  readonly newDomain: boolean;
  /** It was told at once: what follows does not make it a forwarder's. */
  readonly alerted: boolean;
}

/** Evidence that still lacks its route, and what the route is judged by. */
export interface Gathered {
  readonly evidence: Omit<Evidence, 'route'>;
  readonly weighed: Weighed;
  readonly firstFailed: number;
  readonly lastFailed: number;
  /** The past of the sources before the window, up to 180 days. */
  readonly past: Past;
}

const listed = 10;
const listedSources = 20;

/** Reads everything that a finding has to show. */
export async function gather(history: History, frame: Frame): Promise<Gathered> {
  const { domainId, sourceIds, from, rule, mechanism } = frame;
  const scope: Scope = { domainId, sourceIds, from, to: Math.max(frame.to, frame.newestDay) };
  const kinds = await history.kindDays({ ...scope, from: from - longDays * daySeconds });
  const since = kinds.filter((each) => each.day >= from);
  const all = sumKinds([since]);
  const days = daysOf(all, rule, mechanism);
  const before = daysOf(sumKinds([kinds.filter((each) => each.day < from)]), rule, mechanism);
  const failed = days.filter((each) => each.failed > 0).map((each) => each.day);
  // What passes once it is mended says nothing of where it failed.
  const rows = await rowsOf(history, { ...scope, to: failed.at(-1) ?? scope.to }, frame);
  const detail = mechanism === 'dmarc' ? await history.detail(scope) : detailOf(rows);
  const relays = await isRelayed(history, frame, { since, all, rows });
  const evidence = {
    ...framed(frame),
    window: frame.frozen ?? range(from, frame.to, days),
    latest: range(from, Math.max(frame.to, days.at(-1)?.day ?? 0), days),
    ...sourcesOf(since, frame),
    ...recorded(detail),
    auth: { before: authCounts(rows.before), after: authCounts(rows.failing) },
    ...explained(frame, rows, { all, relays }, detail.disposition),
  };
  return {
    evidence,
    weighed: weighedOf(frame, evidence, all, {
      relays,
      onlyErrors: mechanism === 'dmarc' ? isOnlyErrors(all) : isLegOfErrors(rows, frame),
      failingDays: failed.length,
      failingReporters: detail.failingReporters,
    }),
    firstFailed: failed[0] ?? from,
    lastFailed: failed.at(-1) ?? frame.to,
    past: pastOf(before),
  };
}

/** Rows of a leg that broke are those without it, whatever the verdict. */
async function rowsOf(history: History, scope: Scope, frame: Frame): Promise<Rows> {
  const { from, baseline, mechanism } = frame;
  const failing = await history.groups(scope, false);
  const passing = await history.groups(scope, true);
  const past = { ...scope, from: from - baseline.days * daySeconds, to: from - daySeconds };
  const before = await history.groups(past, true);
  const lacks = ({ verdict }: RecordGroup) =>
    mechanism !== 'dmarc' && verdict === (mechanism === 'dkim' ? 'pass_spf' : 'pass_dkim');
  return {
    failing: [...passing.filter(lacks), ...failing],
    meanwhile: passing.filter((each) => !lacks(each)),
    before: before.filter((each) => !lacks(each)),
  };
}

/** What is counted of messages that pass DMARC without the leg. */
function detailOf({ failing, meanwhile }: Rows): RecordDetail {
  const disposition = { none: 0, quarantine: 0, reject: 0, pass: 0, other: 0 };
  const reporters = new Map<string, { name: string; messages: number; failed: number }>();
  const headerFrom = new Map<string, number>();
  const add = ({ reporter, messages }: RecordGroup, failed: number) => {
    const sum = reporters.get(reporter) ?? { name: reporter, messages: 0, failed: 0 };
    reporters.set(reporter, { ...sum, messages: sum.messages + messages, failed: sum.failed + failed });
  };
  for (const group of meanwhile) add(group, 0);
  for (const group of failing) {
    add(group, group.messages);
    headerFrom.set(group.headerFrom, (headerFrom.get(group.headerFrom) ?? 0) + group.messages);
    disposition[isDisposition(group.disposition) ? group.disposition : 'other'] += group.messages;
  }
  const all = [...reporters.values()].sort((one, other) => other.failed - one.failed);
  return {
    reporters: all,
    reporterCount: all.length,
    failingReporters: all.filter((each) => each.failed > 0).length,
    disposition,
    headerFrom: [...headerFrom].map(([domain, messages]) => ({ domain, messages })),
    reasons: [],
  };
}

function isDisposition(word: string): word is Exclude<keyof Dispositions, 'other'> {
  return word === 'none' || word === 'quarantine' || word === 'reject' || word === 'pass';
}

function weighedOf(
  frame: Frame,
  evidence: Weighed['evidence'],
  all: readonly KindDay[],
  seen: Pick<Weighed, 'relays' | 'onlyErrors' | 'failingDays' | 'failingReporters'>,
): Weighed {
  const sum = (kind: keyof KindDay) => all.reduce((total, day) => total + day[kind], 0);
  const blamed = sum('signed') + sum('elsewhere') + sum('error') + sum('nothing');
  return {
    evidence,
    allForwarded: frame.mechanism === 'dmarc' && blamed === 0,
    unaligned: sum('elsewhere'),
    ...seen,
    enforced: frame.policy?.p === 'quarantine' || frame.policy?.p === 'reject',
    threat: frame.sender.decision?.kind === 'threat',
  };
}

interface Seen {
  readonly since: readonly SourceKindDay[];
  readonly all: readonly KindDay[];
  readonly rows: Rows;
}

async function isRelayed(history: History, frame: Frame, { since, all, rows }: Seen): Promise<boolean> {
  if (frame.alerted || !looksRelayed(all, frame.mechanism) || passesNoMore(since)) return false;
  const { domain, domainId, sourceIds, from, baseline } = frame;
  const to = Math.max(frame.to, frame.newestDay);
  const past = { domainId, sourceIds, from: from - baseline.days * daySeconds, to };
  const every = [...rows.failing, ...rows.meanwhile, ...rows.before];
  const messages = every.reduce((sum, each) => sum + each.messages, 0);
  return beginsElsewhere(history, past, { domain, rows: every, messages });
}

function isOnlyErrors(all: readonly KindDay[]): boolean {
  const blamed = all.reduce((sum, day) => sum + day.signed + day.elsewhere + day.error + day.nothing, 0);
  return blamed > 0 && blamed === all.reduce((sum, day) => sum + day.error, 0);
}

/** Of a leg no day says why it did not pass; its rows do. */
function isLegOfErrors({ failing }: Rows, { mechanism, domain }: Frame): boolean {
  const ours = ({ dkim, spf }: RecordGroup) =>
    (mechanism === 'dkim' ? dkim : spf).filter((each) => isOurs(each.domain, domain));
  return failing.length > 0 && failing.map(ours).every((own) => own.length > 0 && own.every(isError));
}

function pastOf(days: readonly DayCount[]): Past {
  const firstFailed = days.find((each) => each.failed > 0)?.day;
  return {
    messages: days.reduce((sum, each) => sum + each.messages, 0),
    firstFailed: firstFailed === undefined ? null : dayText(firstFailed),
  };
}

type Framed = 'baseline' | 'p_value' | 'late' | 'flapping' | 'told_as' | 'recovery' | 'mechanism' | 'whole' | 'title';

function framed(frame: Frame): Pick<Evidence, Framed> {
  return {
    baseline: frame.baseline,
    p_value: frame.pValue,
    late: frame.late,
    flapping: frame.flapping,
    told_as: frame.toldAs,
    recovery: null,
    mechanism: frame.mechanism,
    whole: frame.whole,
    title: frame.sender.title,
  };
}

export function range(from: number, to: number, days: readonly DayCount[]): DayRange {
  return { from: dayText(from), to: dayText(to), ...countDays(days, from, to) };
}

/** The source IPs that fail, the most failing first. */
function sourcesOf(since: readonly SourceKindDay[], frame: Frame): Pick<Evidence, 'sources' | 'source_count'> {
  const ips = new Map(since.map((each) => [each.sourceId, each.ip]));
  const totals = partsOf(since, (row) => row.sourceId).map(({ id, days: kinds }) => {
    const days = daysOf(kinds, frame.rule, frame.mechanism);
    const first = days.find((each) => each.failed > 0)?.day;
    return {
      ip: ips.get(id) ?? '',
      ...countDays(days, frame.from, Infinity),
      first_failed: first === undefined ? null : dayText(first),
      known: frame.sender.known !== null,
    };
  });
  const failing = totals.filter((each) => each.failed > 0).sort((one, other) => other.failed - one.failed);
  return { sources: failing.slice(0, listedSources), source_count: failing.length };
}

function recorded(
  detail: RecordDetail,
): Pick<Evidence, 'reporters' | 'reporter_count' | 'disposition' | 'reasons' | 'header_from'> {
  return {
    reporters: detail.reporters.slice(0, listed).map((each) => ({ ...each, name: plainText(each.name, 80) })),
    reporter_count: detail.reporterCount,
    disposition: detail.disposition,
    reasons: detail.reasons
      .slice(0, listed)
      .map((each) => ({ ...each, type: plainText(each.type, 40), comment: plainText(each.comment, 80) })),
    header_from: detail.headerFrom.slice(0, listed).map((each) => ({ ...each, domain: plainText(each.domain, 100) })),
  };
}

type Explained = 'class' | 'class_reason' | 'class_step' | 'why' | 'next_steps' | 'handled';

function explained(
  frame: Frame,
  rows: Rows,
  { all, relays }: { readonly all: readonly KindDay[]; readonly relays: boolean },
  disposition: Dispositions,
): Pick<Evidence, Explained> {
  const { domain, mechanism, policy, sender } = frame;
  const modes = { adkim: policy?.adkim ?? null, aspf: policy?.aspf ?? null };
  const diagnosis = diagnose({ domain, sender: sender.title, mechanism, modes }, rows);
  const known = relays && sender.decision?.kind !== 'known' ? null : sender.known;
  const facts = { known, decision: sender.decision, kind: frame.kind };
  const judged = kept(frame, relays) ?? classify(mainKind(all, mechanism), facts);
  return {
    class: judged.class,
    class_reason: judged.evidence,
    class_step: judged.step,
    why: diagnosis.why,
    next_steps: diagnosis.nextSteps,
    handled: mechanism === 'dmarc' ? handledText(disposition) : '',
  };
}

/** The class as it was told; a known sender's mail that no more looks passed on is its own. */
function kept({ classified, rule }: Frame, relays: boolean): Classified | null {
  const wasForwarder = rule === 'known_sender_failing' && classified?.step === forwarderStep;
  return wasForwarder && !relays ? noForwarder : classified;
}

/** How most of the messages in question ended. */
function mainKind(all: readonly KindDay[], mechanism: Mechanism): Kind {
  if (mechanism !== 'dmarc') return mechanism === 'dkim' ? 'spf' : 'dkim';
  const sums = failingKinds.map((kind) => ({ kind, messages: all.reduce((sum, day) => sum + day[kind], 0) }));
  const [most] = sums.sort((one, other) => other.messages - one.messages);
  return most?.kind ?? 'nothing';
}

function authCounts(groups: readonly RecordGroup[]): AuthCounts {
  const dkim = tally(groups, (group) =>
    group.dkim.map(({ domain, selector, result }) => ({
      domain: plainText(domain, 100),
      selector: plainText(selector, 64),
      result: plainText(result, 20),
    })),
  );
  const spf = tally(groups, (group) =>
    group.spf.map(({ domain, result }) => ({ domain: plainText(domain, 100), result: plainText(result, 20) })),
  );
  return { dkim, spf };
}

/** Each result once per group: a message with the same result twice is still one message. */
function tally<T extends object>(
  groups: readonly RecordGroup[],
  results: (group: RecordGroup) => readonly T[],
): (T & { messages: number })[] {
  const counts = new Map<string, T & { messages: number }>();
  for (const group of groups) {
    const unique = new Map(results(group).map((each) => [JSON.stringify(each), each]));
    for (const [key, each] of unique)
      counts.set(key, { ...each, messages: (counts.get(key)?.messages ?? 0) + group.messages });
  }
  return [...counts.values()].sort((one, other) => other.messages - one.messages).slice(0, listed);
}
