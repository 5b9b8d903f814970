import type { SourceClass } from './finding.js';

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

/** Which part of DMARC a finding is about: the verdict, or one of its two legs. */
export type Mechanism = 'dmarc' | 'dkim' | 'spf';

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

/** The class of some messages of a sender, which of the ordered steps (1 to 8) decided, and on what evidence. */
export interface Classified {
  readonly class: SourceClass;
  readonly step: number;
  readonly evidence: string;
}
