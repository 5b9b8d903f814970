import { domainToASCII } from 'node:url';
import type { ParsedMail, Provenance } from '../model/part.js';
import type { ReportHeader } from '../model/report.js';
import { organisations } from './organisations.js';

const unproven: Provenance = { authenticity: 'unverified', proof: null };

/** Reporters that call themselves by one domain and send from another of the same house. */
const sameHouse: Readonly<Record<string, string>> = { 'outlook.com': 'microsoft.com', 'hotmail.com': 'microsoft.com' };

/**
 * Whether a report is from the reporter that it names. A reporter that has a domain in its name must send from that domain:
 * the rest of a report is as easily forged as its name. For other names the domain of its e-mail address or the receiver
 * in the file name (RFC 7489 section 7.2.1.1) must be the one that the mail was proven to come from.
 */
export async function provenanceOf(
  mail: ParsedMail | null,
  header: ReportHeader | null,
  fileName: string | null,
): Promise<Provenance> {
  if (!mail || !header) return unproven;
  const { authenticity, proof } = mail;
  if (!proof) return { authenticity, proof };
  const organisationOf = await organisations();
  const isProven = (domain: string): boolean => {
    const house = organisationOf(domain);
    return (sameHouse[house] ?? house) === proof.domain;
  };
  const named = domainsIn(header.orgName ?? '');
  const fits = named.length > 0 ? named.every(isProven) : claims(header, fileName).some(isProven);
  return { authenticity: fits ? 'verified' : 'unverified', proof };
}

/** A name reads like a domain even with a word or an invisible letter beside it. */
function domainsIn(name: string): string[] {
  return name.split(/[\s,;:()<>[\]"'/@|]+/).flatMap((word) => domainIn(word) ?? []);
}

/** Domains that a reporter without one in its name gives as its own. */
function claims({ orgName, email }: ReportHeader, fileName: string | null): string[] {
  const address = domainIn((email ?? '').slice((email ?? '').lastIndexOf('@') + 1));
  // Without a name the report is booked under the domain of its address.
  const receiver = orgName ? domainIn(/^[^!]*(?=!)/.exec(fileName ?? '')?.[0] ?? '') : null;
  return [address, receiver].filter((domain) => domain !== null);
}

function domainIn(text: string): string | null {
  // A name in other letters is the domain that a browser would open.
  const domain = text.length <= 253 ? domainToASCII(text.trim()).replace(/\.$/, '') : '';
  return domain.length <= 253 && /^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.[a-z][a-z0-9-]+$/.test(domain) ? domain : null;
}
