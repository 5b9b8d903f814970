import type { Limits } from '../config/limits.js';
import * as seen from './drafts.js';
import { slot, type Drafts } from './drafts.js';
import { knownName, nameCount } from './names.js';
import type { Note } from './problems.js';
import { dkimOf, reasonOf, spfOf } from './record.js';

/** Why an element is not read. */
export type Refusal = 'repeated' | 'list-cut';

/** A place in the report where an element can stand. */
export interface Place {
  /** Its path in the report, or in its record. */
  readonly path: string;
  readonly inRecord: boolean;
  /** What can stand in it, by the id of the name. */
  readonly children: readonly (Place | undefined)[];
  readonly isLeaf: boolean;
  /** Of a leaf that may stand once: where its text goes. Else -1. */
  readonly slot: number;
  /** Its text is a name, a word or a number, and no free text. */
  readonly isName: boolean;
  /** Of any other place whose text is wanted: puts it where it belongs. */
  readonly put: ((drafts: Drafts, text: string, limits: Limits) => Refusal | null) | null;
  /** At the start tag. */
  readonly enter: ((drafts: Drafts, limits: Limits) => Refusal | null) | null;
  /** At the end tag, or where it must have been. */
  readonly leave: ((drafts: Drafts, note: Note) => void) | null;
}

type Children = Readonly<Record<string, Place>>;
type Options = Partial<Pick<Place, 'inRecord' | 'put' | 'enter' | 'leave'>>;

function container(path: string, children: Children, options: Options = {}): Place {
  const byId = new Array<Place | undefined>(nameCount).fill(undefined);
  for (const [name, place] of Object.entries(children)) byId[knownName(name).id] = place;
  const { inRecord = false, put = null, enter = null, leave = null } = options;
  return { path, inRecord, children: byId, isLeaf: false, slot: -1, isName: false, put, enter, leave };
}

const freeTexts = new Set<number>([
  ...[slot.orgName, slot.email, slot.extraContactInfo, slot.reportId, slot.generator],
  ...[slot.reasonComment, slot.dkimHumanResult, slot.spfHumanResult],
]);

function leaf(path: string, inRecord: boolean, at: number, put: Place['put'] = null): Place {
  const isName = at >= 0 && !freeTexts.has(at);
  return { path, inRecord, children: [], isLeaf: true, slot: at, isName, put, enter: null, leave: null };
}

/** Elements that stand once, and the slots of their texts. */
function leaves(path: string, inRecord: boolean, fields: Readonly<Record<string, number>>): Children {
  const entries = Object.entries(fields).map(([name, at]): [string, Place] => {
    return [name, leaf(path === '' ? name : `${path}/${name}`, inRecord, at)];
  });
  return Object.fromEntries(entries);
}

function once(bit: number): Place['enter'] {
  return (drafts) => {
    if ((drafts.seen & bit) !== 0) return 'repeated';
    drafts.seen |= bit;
    return null;
  };
}

function onceInRecord(bit: number): Place['enter'] {
  return (drafts) => {
    if ((drafts.seenInRecord & bit) !== 0) return 'repeated';
    drafts.seenInRecord |= bit;
    return null;
  };
}

const isFull = (list: readonly unknown[], max: number): boolean => list.length >= max;

const metadataPath = 'report_metadata';
const rangePath = `${metadataPath}/date_range`;

const metadata: Children = {
  ...leaves(metadataPath, false, {
    org_name: slot.orgName,
    email: slot.email,
    extra_contact_info: slot.extraContactInfo,
    report_id: slot.reportId,
    generator: slot.generator,
  }),
  date_range: container(rangePath, leaves(rangePath, false, { begin: slot.begin, end: slot.end }), {
    enter: once(seen.seenRange),
  }),
  error: leaf(`${metadataPath}/error`, false, -1, ({ errors }, text, limits) => {
    if (isFull(errors, limits.reportErrors)) return 'list-cut';
    errors.push(text);
    return null;
  }),
};

const policy = leaves('policy_published', false, {
  domain: slot.domain,
  adkim: slot.adkim,
  aspf: slot.aspf,
  p: slot.p,
  sp: slot.sp,
  np: slot.np,
  pct: slot.pct,
  fo: slot.fo,
  testing: slot.testing,
  t: slot.testing,
  discovery_method: slot.discoveryMethod,
});

const evaluatedPath = 'row/policy_evaluated';
const reasonPath = `${evaluatedPath}/reason`;
const dkimPath = 'auth_results/dkim';
const spfPath = 'auth_results/spf';

const reason = container(reasonPath, leaves(reasonPath, true, { type: slot.reasonType, comment: slot.reasonComment }), {
  inRecord: true,
  enter: (drafts, limits) => {
    if (isFull(drafts.reasons, limits.reasons)) return 'list-cut';
    drafts.clear(slot.reasonType, slot.reasonComment);
    drafts.reasonText = null;
    return null;
  },
  put: (drafts, text) => {
    if (text !== '') drafts.reasonText = text;
    return null;
  },
  leave: (drafts, note) => drafts.reasons.push(reasonOf(drafts, note)),
});

const evaluated = container(
  evaluatedPath,
  {
    ...leaves(evaluatedPath, true, { disposition: slot.disposition, dkim: slot.dkim, spf: slot.spf }),
    reason,
  },
  { inRecord: true, enter: onceInRecord(seen.seenEvaluated) },
);

const row: Children = {
  ...leaves('row', true, { source_ip: slot.sourceIp, count: slot.count }),
  policy_evaluated: evaluated,
};

const identifiers = container(
  'identifiers',
  leaves('identifiers', true, {
    header_from: slot.headerFrom,
    envelope_from: slot.envelopeFrom,
    envelope_to: slot.envelopeTo,
  }),
  { inRecord: true, enter: onceInRecord(seen.seenIdentifiers) },
);

const dkim = container(
  dkimPath,
  leaves(dkimPath, true, {
    domain: slot.dkimDomain,
    selector: slot.dkimSelector,
    result: slot.dkimResult,
    human_result: slot.dkimHumanResult,
  }),
  {
    inRecord: true,
    enter: (drafts, limits) => {
      if (isFull(drafts.authDkim, limits.authResults)) return 'list-cut';
      drafts.clear(slot.dkimDomain, slot.dkimHumanResult);
      return null;
    },
    leave: (drafts, note) => drafts.authDkim.push(dkimOf(drafts, note)),
  },
);

const spf = container(
  spfPath,
  leaves(spfPath, true, {
    domain: slot.spfDomain,
    scope: slot.spfScope,
    result: slot.spfResult,
    human_result: slot.spfHumanResult,
  }),
  {
    inRecord: true,
    enter: (drafts, limits) => {
      if (isFull(drafts.authSpf, limits.authResults)) return 'list-cut';
      drafts.clear(slot.spfDomain, slot.spfHumanResult);
      return null;
    },
    leave: (drafts, note) => drafts.authSpf.push(spfOf(drafts, note)),
  },
);

/** A second one in a record is not read. */
export const rowPlace = container('row', row, { inRecord: true, enter: onceInRecord(seen.seenRow) });

/** One row of the report. Children of `row` that stand directly in it are read all the same. */
export const recordPlace = container(
  '',
  {
    ...row,
    row: rowPlace,
    identifiers,
    identities: identifiers,
    auth_results: container('auth_results', { dkim, spf }, { inRecord: true }),
  },
  {
    inRecord: true,
    enter: (drafts) => {
      drafts.startRecord();
      return null;
    },
  },
);

/** Holds what only its maker knows, whatever its name. */
export const extensionPlace = container('extension', {}, { enter: once(seen.seenExtension) });

/** The report. Children of `report_metadata` that stand directly in it are read all the same. */
export const rootPlace = container('feedback', {
  ...metadata,
  ...leaves('', false, { version: slot.version }),
  report_metadata: container(metadataPath, metadata, { enter: once(seen.seenMetadata) }),
  policy_published: container('policy_published', policy, { enter: once(seen.seenPolicy) }),
  extension: extensionPlace,
  record: recordPlace,
});
