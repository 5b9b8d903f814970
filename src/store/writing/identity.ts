import type { Authenticity, Provenance } from '../../model/part.js';
import type { ReportHeader } from '../../model/report.js';

/** What makes two files the same report: docs/architecture.md, rule 3. Report ids alone are not unique. */
export interface Identity {
  readonly reporterKey: string;
  readonly reporterName: string;
  readonly reportId: string;
  readonly domain: string;
  readonly begin: number;
  readonly end: number;
}

/** Null when the report names no policy domain and no record helps. */
export function identityOf(header: ReportHeader, headerFrom: string | null, digest: string): Identity | null {
  const domain = header.policy.domain || headerFrom;
  if (!domain) return null;
  const name = header.orgName || emailDomain(header.email) || 'unknown';
  return {
    reporterKey: name.trim().toLowerCase().replace(/\s+/g, ' '),
    reporterName: name.trim(),
    reportId: header.reportId || `sha256:${digest.slice(0, 32)}`,
    domain: domain.toLowerCase(),
    begin: header.begin ?? 0,
    end: header.end ?? 0,
  };
}

function emailDomain(email: string | null): string | null {
  const at = email?.lastIndexOf('@') ?? -1;
  return email && at >= 0 ? email.slice(at + 1).toLowerCase() : null;
}

/** A stored or arriving report, as far as the choice between two of one identity needs it. */
export interface Candidate {
  readonly state: 'complete' | 'partial';
  readonly records: number;
  readonly messages: number;
  readonly provenance: Provenance;
}

const rank: Readonly<Record<Authenticity, number>> = { failed: 0, unverified: 1, verified: 2 };

/** Below 0: the arriving report is less authentic than the stored one. */
function moreAuthentic(arriving: Candidate, stored: Candidate): number {
  return rank[arriving.provenance.authenticity] - rank[stored.provenance.authenticity];
}

/** Whether the stored report takes room from the arriving one: forged parts must not fill the room of true ones. */
export function takesRoomOf(arriving: Candidate, stored: Candidate): boolean {
  return moreAuthentic(arriving, stored) <= 0;
}

/** Whether the arriving report takes the place of the stored one. A less authentic one never does, however large. */
export function supersedes(arriving: Candidate, stored: Candidate): boolean {
  const more = moreAuthentic(arriving, stored);
  if (more < 0) return false;
  if (arriving.state !== stored.state) return arriving.state === 'complete';
  return more > 0 || arriving.messages > stored.messages;
}

/**
 * Whether two may be parts of one report: both whole, or both cut and none without rows. A forger who knows a reporter's
 * name and report id must not add to what it said.
 */
export function mayBeParts(arriving: Candidate, stored: Candidate): boolean {
  if (arriving.state !== stored.state || moreAuthentic(arriving, stored) !== 0) return false;
  return arriving.state === 'complete' || (arriving.records > 0 && stored.records > 0);
}

/** Two houses that use one name: what one of them says takes nothing from the other. */
export function fromOtherHouse({ provenance }: Candidate, stored: Candidate): boolean {
  const both = [provenance, stored.provenance];
  return both.every(({ authenticity }) => authenticity === 'verified') && provenance.proof?.domain !== stored.provenance.proof?.domain; // prettier-ignore
}
