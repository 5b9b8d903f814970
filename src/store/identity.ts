import type { Authenticity } from '../model/part.js';
import type { ReportHeader } from '../model/report.js';

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
  readonly messages: number;
  readonly authenticity: Authenticity;
}

const rank: Readonly<Record<Authenticity, number>> = { failed: 0, unverified: 1, verified: 2 };

/** Whether one mail's authentication is worth no less than another's. */
export function isAsAuthentic(one: Authenticity, other: Authenticity): boolean {
  return rank[one] >= rank[other];
}

/** Whether the arriving report takes the place of the stored one. A less authentic one never does, however large. */
export function supersedes(arriving: Candidate, stored: Candidate): boolean {
  if (rank[arriving.authenticity] < rank[stored.authenticity]) return false;
  if (arriving.state !== stored.state) return arriving.state === 'complete';
  return arriving.messages > stored.messages;
}
