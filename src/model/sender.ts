/** What a sender is to the domain, judged by what its mail authenticates as. */
export type SourceClass = (typeof sourceClasses)[number];

export const sourceClasses = ['known', 'third_party', 'forwarder', 'unauthenticated', 'unknown'] as const;

/**
 * How the messages of a record authenticate, beyond the verdict; kept with every record and in the daily totals.
 * Of passing ones: `direct`, or `relayed` (DKIM alone is aligned, and SPF failed for us or passed for a domain that signed
 * nothing: what a forwarder looks like). Of failing ones, the first that holds: `forwarded` (the reporter says so), `signed`
 * (an aligned signature is there but does not verify), `elsewhere` (DKIM or SPF passes for a domain that is not aligned),
 * `error` (nothing but DNS errors, or no results), `nothing`.
 */
export type Trait = 'direct' | 'relayed' | 'forwarded' | 'signed' | 'elsewhere' | 'error' | 'nothing';

export const traits: readonly Trait[] = ['direct', 'relayed', 'forwarded', 'signed', 'elsewhere', 'error', 'nothing'];

/** Messages of one UTC day (Unix seconds at midnight) by how they ended. */
export interface KindDay {
  readonly day: number;
  /** DKIM and SPF aligned. */
  readonly both: number;
  /** Only DKIM aligned, `direct`. */
  readonly dkim: number;
  /** Only DKIM aligned, `relayed`. */
  readonly relayed: number;
  /** Only SPF aligned. */
  readonly spf: number;
  /** Failing messages by trait. */
  readonly forwarded: number;
  readonly signed: number;
  readonly elsewhere: number;
  readonly error: number;
  readonly nothing: number;
}

/** What the operator said of a sender: overrules every step. */
export type Decision = 'known' | 'ignore' | 'threat';

/** What named a sender, in order of trust. */
export type SenderStep = 'configured' | 'ptr' | 'dkim' | 'spf' | 'network';

/** A sender of one policy domain: our grouping of source IPs. */
export interface Sender {
  /** Stable key, e.g. `mailer.example`, `198.51.100.0/24`, or the configured name; part of fingerprints. */
  readonly name: string;
  /** For people: the catalogue's or the configured name, else `name`. */
  readonly title: string;
  readonly step: SenderStep;
  /** In words: `DKIM d=mailer.example passes on 1,204 messages`. */
  readonly evidence: string;
  /** Why it is known for the domain, in words; null when it is not. */
  readonly known: string | null;
  readonly decision: { readonly kind: Decision; readonly until: number | null; readonly by: string } | null;
}

/** The class of some messages of a sender, which of the ordered steps (1 to 8; 0: the operator's word) decided, and on what evidence. */
export interface Classified {
  readonly class: SourceClass;
  readonly step: number;
  readonly evidence: string;
}

/** What a service of the catalogue is. */
export const senderKinds = [
  'esp', 'marketing', 'crm', 'helpdesk', 'commerce', 'payment', 'hr', 'survey', 'social', 'developer', 'collaboration',
  'mailbox_provider', 'security_gateway', 'forwarder', 'mailing_list', 'hosting', 'monitoring',
] as const; // prettier-ignore

export type SenderKind = (typeof senderKinds)[number];

/** A sender that the operator named; known wherever one of these matches. */
export interface SenderSetting {
  readonly name: string;
  readonly cidr: readonly string[];
  /** Suffixes of confirmed PTR names. */
  readonly ptr: readonly string[];
  /** Domains that sign, or `selector._domainkey.domain`. */
  readonly dkim: readonly string[];
  /** Domains that SPF passes for. */
  readonly spf: readonly string[];
}

/** A source IP of a policy domain, by store ids. */
export interface SourceOfDomain {
  readonly domainId: number;
  readonly domain: string;
  readonly sourceId: number;
}

/** What names a source IP: its newest rows for the domain, at most 100. */
export interface SourceEvidence {
  readonly ip: string;
  /** Forward-confirmed and not generic; null when there is none. */
  readonly ptr: string | null;
  /** What it was named before; `decided`: the operator said something of that sender, and it holds. */
  readonly stored: { readonly sender: string; readonly step: SenderStep; readonly decided: boolean } | null;
  readonly rows: readonly {
    readonly report: number;
    readonly messages: number;
    /** Raw results that are `pass`. */
    readonly dkim: readonly { readonly domain: string; readonly selector: string }[];
    readonly spf: readonly string[];
  }[];
}

/** The sender of a source IP. */
export interface SourceSender {
  readonly domainId: number;
  readonly sourceId: number;
  readonly sender: string;
  readonly step: SenderStep;
  readonly evidence: string;
  /** Messages of the rows looked at whose raw SPF passes for the sender itself. */
  readonly bounces: number;
}

/** What a sender's sources sent since a day. */
export interface SenderSums extends Omit<KindDay, 'day'> {
  readonly spfDays: number;
  readonly dkimDays: number;
  readonly dkimReporters: number;
}

/** What the operator said of a sender; times are Unix seconds. */
export interface StoredDecision {
  readonly decision: Decision | null;
  /** null: for good. */
  readonly until: number | null;
  readonly title: string | null;
  readonly by: string;
}

/** A sender as it is kept for everybody to read. */
export interface KeptSender {
  readonly domainId: number;
  readonly sender: Sender;
  readonly kind: SenderKind | null;
  readonly classified: Classified;
}

/** The senders kept so far, and what they are made from. */
export interface Senders {
  /** Sources of the span's reports whose sender is not known yet, or since before `before` or before its name was looked up; the most messages first. */
  due(
    span: { readonly after: number; readonly through: number },
    before: number,
    most: number,
  ): Promise<readonly SourceOfDomain[]>;
  /** `now` is Unix seconds. */
  evidence(source: SourceOfDomain, now: number): Promise<SourceEvidence>;
  /** Source ids of a sender with one evidence, the last updated first; at most `most`. */
  sourcesOf(
    domainId: number,
    sender: string,
    most: number,
  ): Promise<readonly Pick<SourceSender, 'sourceId' | 'step' | 'evidence' | 'bounces'>[]>;
  sums(domainId: number, sourceIds: readonly number[], from: number): Promise<SenderSums>;
  /** Passing messages of the domain and the reporters that saw any mail, since a day. */
  ofDomain(domainId: number, from: number): Promise<{ readonly passing: number; readonly reporters: number }>;
  decision(domainId: number, sender: string): Promise<StoredDecision | null>;
  /** Senders of which the operator said something since they were judged, or whose decision ended since. `now` is Unix seconds. */
  redecided(now: number, most: number): Promise<readonly { readonly domainId: number; readonly sender: string }[]>;
  keepSources(sources: readonly SourceSender[], now: number): Promise<void>;
  keepSenders(senders: readonly KeptSender[], now: number): Promise<void>;
}

/** What the operator says of a sender. `decision` null takes it back; `title` null leaves the title, "" takes it back. */
export interface DecisionChange {
  readonly domain: string;
  readonly sender: string;
  readonly decision: Decision | null;
  /** Unix seconds; null: for good. */
  readonly until: number | null;
  readonly title: string | null;
  readonly by: string;
}
