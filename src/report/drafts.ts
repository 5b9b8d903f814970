/** Texts as they stand in the document; null: the element was not there. */
type Texts<Field extends string> = Record<Field, string | null>;

export type MetadataField = 'orgName' | 'email' | 'extraContactInfo' | 'reportId' | 'begin' | 'end' | 'generator';
export type PolicyField =
  'domain' | 'adkim' | 'aspf' | 'p' | 'sp' | 'np' | 'pct' | 'fo' | 'testing' | 'discoveryMethod';
export type RecordField =
  'sourceIp' | 'count' | 'disposition' | 'dkim' | 'spf' | 'headerFrom' | 'envelopeFrom' | 'envelopeTo';

export type MetadataDraft = Texts<MetadataField> & { version: string | null; readonly errors: string[] };
export type PolicyDraft = Texts<PolicyField>;
export type ReasonDraft = Texts<'type' | 'comment' | 'text'>;
export type DkimDraft = Texts<'domain' | 'selector' | 'result' | 'humanResult'>;
export type SpfDraft = Texts<'domain' | 'scope' | 'result' | 'humanResult'>;
export type RecordDraft = Texts<RecordField> & {
  readonly reasons: ReasonDraft[];
  readonly authDkim: DkimDraft[];
  readonly authSpf: SpfDraft[];
};

/** The report in hand, in the words of the document. `record` and the list entries are those being read. */
export interface Drafts {
  readonly metadata: MetadataDraft;
  readonly policy: PolicyDraft;
  record: RecordDraft;
  reason: ReasonDraft;
  authDkim: DkimDraft;
  authSpf: SpfDraft;
  /** Elements that may stand once and have stood: in the report, and in the present record. */
  readonly seen: Set<string>;
  readonly seenInRecord: Set<string>;
}

export function newDrafts(): Drafts {
  return {
    metadata: {
      version: null,
      orgName: null,
      email: null,
      extraContactInfo: null,
      reportId: null,
      begin: null,
      end: null,
      generator: null,
      errors: [],
    },
    policy: {
      domain: null,
      adkim: null,
      aspf: null,
      p: null,
      sp: null,
      np: null,
      pct: null,
      fo: null,
      testing: null,
      discoveryMethod: null,
    },
    record: newRecord(),
    reason: newReason(),
    authDkim: newDkim(),
    authSpf: newSpf(),
    seen: new Set(),
    seenInRecord: new Set(),
  };
}

export function newRecord(): RecordDraft {
  return {
    sourceIp: null,
    count: null,
    disposition: null,
    dkim: null,
    spf: null,
    headerFrom: null,
    envelopeFrom: null,
    envelopeTo: null,
    reasons: [],
    authDkim: [],
    authSpf: [],
  };
}

export function newReason(): ReasonDraft {
  return { type: null, comment: null, text: null };
}

export function newDkim(): DkimDraft {
  return { domain: null, selector: null, result: null, humanResult: null };
}

export function newSpf(): SpfDraft {
  return { domain: null, scope: null, result: null, humanResult: null };
}
