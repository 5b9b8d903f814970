import { plainText } from '../base/text.js';
import type { Dispositions, Mechanism } from '../model/finding.js';
import type { AlignmentModes, RecordGroup } from '../model/record-group.js';
import { beforeOf, isError, isOurs, isPass, mainCause } from './cause.js';
import type { Before, Cause } from './cause.js';
import { extentOf } from './extent.js';
import type { Extent } from './extent.js';
import { sentences } from './sentences.js';
import type { Names } from './sentences.js';
import { figure } from './summary.js';

export interface Diagnosis {
  readonly cause: Cause;
  readonly why: string;
  /** In the order to do them. */
  readonly nextSteps: readonly string[];
}

/** The rows that a diagnosis reads. */
export interface Rows {
  /** Messages that fail in the days of the finding. */
  readonly failing: readonly RecordGroup[];
  /** Messages of the same sender and days that pass. */
  readonly meanwhile: readonly RecordGroup[];
  /** Messages that passed in the baseline. */
  readonly before: readonly RecordGroup[];
}

/** Whom a finding is about. */
export interface Subject {
  /** The policy domain. */
  readonly domain: string;
  /** The sender's name for people. */
  readonly sender: string;
  readonly mechanism: Mechanism;
  readonly modes: AlignmentModes;
}

/** Says in words why the failing messages fail and what to do about it. */
export function diagnose(subject: Subject, rows: Rows): Diagnosis {
  const before = beforeOf(rows.before, subject.domain);
  const { cause, groups } = mainCause(rows.failing, { ...subject, before });
  const [why, ...nextSteps] = sentences[cause](namesOf(subject, { before, cause }, groups, rows));
  return { cause, why, nextSteps };
}

function namesOf(
  subject: Subject,
  { before, cause }: { readonly before: Before; readonly cause: Cause },
  groups: readonly RecordGroup[],
  rows: Rows,
): Names {
  const { domain, mechanism } = subject;
  const dkim = groups.flatMap((group) => group.dkim);
  const spf = groups.flatMap((group) => group.spf);
  const extent = extentOf(domain, groups, comparable(cause, rows.meanwhile, domain), rows.before);
  return {
    domain: plainText(domain, 100),
    sender: plainText(subject.sender, 100),
    mechanism,
    usedSpf: groups.some((group) => before.spfIps.has(group.ip)),
    signer: plainText(dkim.find(isPass)?.domain ?? '', 100),
    bounce: plainText(spf.find(isPass)?.domain ?? '', 100),
    spfResult: plainText(spf.find((each) => !isPass(each))?.result ?? '', 20),
    key: keyOf(domain, groups, rows),
    where: whereOf(extent),
    extent,
    reporters: reportersOf(groups),
    strictTags: strictTags(subject.modes),
    temporary: [...dkim, ...spf].filter(isError).every((each) => each.result === 'temperror'),
  };
}

/** What passes by the other leg says nothing of where this one is well. */
function comparable(cause: Cause, meanwhile: readonly RecordGroup[], domain: string): readonly RecordGroup[] {
  const passes = (each: { readonly domain: string; readonly result: string }) => isPass(each) && isOurs(each.domain, domain); // prettier-ignore
  if (cause === 'signature_missing' || cause === 'signature_fails') return meanwhile.filter((group) => group.dkim.some(passes)); // prettier-ignore
  return cause === 'spf_fails' ? meanwhile.filter((group) => group.spf.some(passes)) : meanwhile;
}

/** Our signature that fails; when there is none, the one that this mail used to carry. */
function keyOf(domain: string, groups: readonly RecordGroup[], rows: Rows): string {
  const own = (each: { readonly domain: string }) => isOurs(each.domain, domain);
  const failing = groups.flatMap((group) => group.dkim).find((each) => own(each) && !isPass(each));
  const passed = [...rows.before, ...rows.meanwhile]
    .flatMap((group) => group.dkim)
    .find((each) => own(each) && isPass(each));
  const signed = failing ?? passed;
  return signed === undefined ? '' : plainText(`${signed.selector || '?'}._domainkey.${signed.domain}`, 200);
}

function whereOf({ ips, reporters, everywhere }: Extent): string {
  if (ips !== null) return ` at ${ips}`;
  if (reporters !== null) return ` at ${reporters}`;
  return everywhere > 1 ? ` at all ${everywhere} reporters` : '';
}

function reportersOf(groups: readonly RecordGroup[]): string {
  const [first = '', ...others] = new Set(groups.map((each) => plainText(each.reporter, 60)));
  if (others.length === 0) return first;
  return `${first} and ${others.length} ${others.length === 1 ? 'other' : 'others'}`;
}

function strictTags({ adkim, aspf }: AlignmentModes): string {
  return [adkim === 's' ? 'adkim=s' : '', aspf === 's' ? 'aspf=s' : ''].filter((each) => each !== '').join(' and ');
}

/** What became of the failing messages: `Receivers rejected 198 of them and quarantined 2.` */
export function handledText({ reject, quarantine, none, pass, other }: Dispositions): string {
  const done = [
    ...(reject > 0 ? [`rejected ${figure(reject)}`] : []),
    ...(quarantine > 0 ? [`quarantined ${figure(quarantine)}`] : []),
  ];
  const total = reject + quarantine + none + pass + other;
  if (total === 0) return '';
  if (done.length === 0) return 'Receivers took no action on them.';
  const rest = total - reject - quarantine;
  return `Receivers ${done.join(' and ')} of the ${figure(total)} failing messages${rest > 0 ? ' and let the others pass' : ''}.`;
}
