import type { Limits } from '../config/limits.js';
import { newDkim, newReason, newRecord, newSpf, type Drafts } from './drafts.js';
import { knownName, nameCount } from './names.js';

/** Why an element is not read. */
export type Refusal = 'repeated' | 'list-cut';

/** A place in the report where an element can stand. */
export interface Place {
  /** Its path in the report, or in its record. */
  readonly path: string;
  readonly inRecord: boolean;
  /** What can stand in it, by the id of the name. */
  readonly children: readonly (Place | undefined)[];
  /** For the places whose text is wanted: puts it where it belongs. */
  readonly put: ((drafts: Drafts, text: string, limits: Limits) => Refusal | null) | null;
  readonly isLeaf: boolean;
  /** At the start tag. */
  readonly enter: ((drafts: Drafts, limits: Limits) => Refusal | null) | null;
}

type Children = Readonly<Record<string, Place>>;
type Options = Partial<Pick<Place, 'inRecord' | 'put' | 'enter'>>;

function container(path: string, children: Children, options: Options = {}): Place {
  const byId = new Array<Place | undefined>(nameCount).fill(undefined);
  for (const [name, place] of Object.entries(children)) byId[knownName(name).id] = place;
  return { path, inRecord: false, put: null, enter: null, isLeaf: false, ...options, children: byId };
}

interface Branch {
  readonly path: string;
  readonly inRecord: boolean;
}

/** Elements that stand once and whose texts go to fields of one draft. The first one counts. */
function leaves<Field extends string>(
  { path, inRecord }: Branch,
  draftOf: (drafts: Drafts) => Record<Field, string | null>,
  fields: Readonly<Record<string, Field>>,
): Children {
  const entries = Object.entries(fields).map(([name, field]): [string, Place] => {
    const put = (drafts: Drafts, text: string): Refusal | null => {
      const draft = draftOf(drafts);
      if (draft[field] !== null) return 'repeated';
      draft[field] = text;
      return null;
    };
    const own = path === '' ? name : `${path}/${name}`;
    return [name, { path: own, inRecord, children: [], put, enter: null, isLeaf: true }];
  });
  return Object.fromEntries(entries);
}

function once(key: string, within: 'seen' | 'seenInRecord'): Place['enter'] {
  return (drafts) => {
    if (drafts[within].has(key)) return 'repeated';
    drafts[within].add(key);
    return null;
  };
}

function listed<Entry>(list: Entry[], entry: Entry, max: number): Refusal | null {
  if (list.length >= max) return 'list-cut';
  list.push(entry);
  return null;
}

const metadataBranch = { path: 'report_metadata', inRecord: false };
const rangeBranch = { path: 'report_metadata/date_range', inRecord: false };
const policyBranch = { path: 'policy_published', inRecord: false };

const errorPlace: Place = {
  path: 'report_metadata/error',
  inRecord: false,
  children: [],
  put: ({ metadata }, text, limits) => listed(metadata.errors, text, limits.reportErrors),
  enter: null,
  isLeaf: true,
};

const metadata: Children = {
  ...leaves(metadataBranch, (drafts) => drafts.metadata, {
    org_name: 'orgName',
    email: 'email',
    extra_contact_info: 'extraContactInfo',
    report_id: 'reportId',
    generator: 'generator',
  }),
  date_range: container(
    rangeBranch.path,
    leaves(rangeBranch, (drafts) => drafts.metadata, { begin: 'begin', end: 'end' }),
    { enter: once('date_range', 'seen') },
  ),
  error: errorPlace,
};

const policy = leaves(policyBranch, (drafts) => drafts.policy, {
  domain: 'domain',
  adkim: 'adkim',
  aspf: 'aspf',
  p: 'p',
  sp: 'sp',
  np: 'np',
  pct: 'pct',
  fo: 'fo',
  testing: 'testing',
  t: 'testing',
  discovery_method: 'discoveryMethod',
});

const reasonBranch = { path: 'row/policy_evaluated/reason', inRecord: true };
const evaluatedBranch = { path: 'row/policy_evaluated', inRecord: true };
const rowBranch = { path: 'row', inRecord: true };
const identifierBranch = { path: 'identifiers', inRecord: true };
const dkimBranch = { path: 'auth_results/dkim', inRecord: true };
const spfBranch = { path: 'auth_results/spf', inRecord: true };

const reason = container(
  reasonBranch.path,
  leaves(reasonBranch, (drafts) => drafts.reason, { type: 'type', comment: 'comment' }),
  {
    inRecord: true,
    enter: (drafts, limits) => {
      drafts.reason = newReason();
      return listed(drafts.record.reasons, drafts.reason, limits.reasons);
    },
    put: (drafts, text) => {
      if (text !== '') drafts.reason.text = text;
      return null;
    },
  },
);

const evaluated = container(
  evaluatedBranch.path,
  {
    ...leaves(evaluatedBranch, (drafts) => drafts.record, { disposition: 'disposition', dkim: 'dkim', spf: 'spf' }),
    reason,
  },
  { inRecord: true, enter: once('policy_evaluated', 'seenInRecord') },
);

const row: Children = {
  ...leaves(rowBranch, (drafts) => drafts.record, { source_ip: 'sourceIp', count: 'count' }),
  policy_evaluated: evaluated,
};

const identifiers = container(
  identifierBranch.path,
  leaves(identifierBranch, (drafts) => drafts.record, {
    header_from: 'headerFrom',
    envelope_from: 'envelopeFrom',
    envelope_to: 'envelopeTo',
  }),
  { inRecord: true, enter: once('identifiers', 'seenInRecord') },
);

const authResults = container(
  'auth_results',
  {
    dkim: container(
      dkimBranch.path,
      leaves(dkimBranch, (drafts) => drafts.authDkim, {
        domain: 'domain',
        selector: 'selector',
        result: 'result',
        human_result: 'humanResult',
      }),
      {
        inRecord: true,
        enter: (drafts, limits) => {
          drafts.authDkim = newDkim();
          return listed(drafts.record.authDkim, drafts.authDkim, limits.authResults);
        },
      },
    ),
    spf: container(
      spfBranch.path,
      leaves(spfBranch, (drafts) => drafts.authSpf, {
        domain: 'domain',
        scope: 'scope',
        result: 'result',
        human_result: 'humanResult',
      }),
      {
        inRecord: true,
        enter: (drafts, limits) => {
          drafts.authSpf = newSpf();
          return listed(drafts.record.authSpf, drafts.authSpf, limits.authResults);
        },
      },
    ),
  },
  { inRecord: true },
);

/** One row of the report. Children of `row` that stand directly in it are read all the same. */
export const recordPlace = container(
  '',
  {
    ...row,
    row: container('row', row, { inRecord: true, enter: once('row', 'seenInRecord') }),
    identifiers,
    identities: identifiers,
    auth_results: authResults,
  },
  {
    inRecord: true,
    enter: (drafts) => {
      drafts.record = newRecord();
      drafts.seenInRecord.clear();
      return null;
    },
  },
);

/** Holds what only its maker knows, whatever its name. */
export const extensionPlace = container('extension', {}, { enter: once('extension', 'seen') });

/** The report. Children of `report_metadata` that stand directly in it are read all the same. */
export const rootPlace = container('feedback', {
  ...metadata,
  ...leaves({ path: '', inRecord: false }, (drafts) => drafts.metadata, { version: 'version' }),
  report_metadata: container('report_metadata', metadata, { enter: once('report_metadata', 'seen') }),
  policy_published: container('policy_published', policy, { enter: once('policy_published', 'seen') }),
  extension: extensionPlace,
  record: recordPlace,
});
