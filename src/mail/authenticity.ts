import { domainToASCII } from 'node:url';
import type { Authenticity, Proof } from '../model/part.js';
import type { Header } from './header.js';
import { organisations } from './organisations.js';
import { splitPieces } from './parameters.js';
import { oneAddress } from './words.js';

/** Whether a mail is from whom its From says. `proof` is there when it is `verified`. */
export interface MailAuthenticity {
  readonly authenticity: Authenticity;
  readonly proof: Proof | null;
}

export const unproven: MailAuthenticity = { authenticity: 'unverified', proof: null };

/**
 * Judged by the topmost Authentication-Results (RFC 8601) that one of our own servers wrote. `authservIds` must be
 * servers that remove forged fields of their name; none: always `unverified`.
 */
export async function authenticityOf(header: Header, authservIds: readonly string[]): Promise<MailAuthenticity> {
  const ids = new Set(authservIds.map((id) => id.toLowerCase()));
  const results = header.fields
    .filter((field) => ids.size > 0 && field.name === 'authentication-results')
    .map((field) => splitPieces(field.value, 'anywhere'))
    .find((pieces) => isFrom(pieces[0] ?? '', ids));
  return results === undefined ? unproven : judge(results.slice(1), fromDomain(header));
}

/** `authserv-id [version]`; versions other than 1 are unknown to us. */
function isFrom(piece: string, ids: ReadonlySet<string>): boolean {
  const [id = '', version = '1'] = piece.trim().toLowerCase().split(/\s+/);
  return ids.has(id) && version === '1';
}

interface MethodResult {
  readonly method: string;
  readonly word: string;
  readonly text: string;
}

function methodResult(text: string): MethodResult[] {
  const found = /^\s*([a-z0-9-]+)(?:\s*\/\s*1)?\s*=\s*([a-z]+)/i.exec(text);
  return found ? [{ method: (found[1] ?? '').toLowerCase(), word: (found[2] ?? '').toLowerCase(), text }] : [];
}

/** `dmarc` decides where it is given and a policy was found; else a pass of DKIM or SPF for the domain in From does. */
async function judge(texts: readonly string[], from: string | null): Promise<MailAuthenticity> {
  const results = texts.flatMap(methodResult);
  const dmarc = results.filter(({ method, word }) => method === 'dmarc' && word !== 'none');
  if (dmarc.some(({ word }) => word === 'fail')) return { authenticity: 'failed', proof: null };
  if (from === null || results.length === 0) return unproven;
  const organisationOf = await organisations();
  const house = organisationOf(from);
  const passed =
    dmarc.length > 0
      ? dmarc.every(({ word, text }) => word === 'pass' && isOnly(from, property(text, 'header.from')))
      : results.some((result) => aligned(result, (domain) => organisationOf(domain) === house));
  if (!passed) return unproven;
  return { authenticity: 'verified', proof: { domain: house, by: 'authentication_results' } };
}

function isOnly(domain: string, found: readonly (string | null)[]): boolean {
  return found.length > 0 && found.every((each) => each === domain);
}

const alignable: Readonly<Record<string, readonly (keyof typeof properties)[]>> = {
  dkim: ['header.d', 'header.i'],
  spf: ['smtp.mailfrom'],
};

function aligned({ method, word, text }: MethodResult, fits: (domain: string) => boolean): boolean {
  const domains = (alignable[method] ?? []).flatMap((name) => property(text, name));
  return word === 'pass' && domains.length > 0 && domains.every((domain) => domain !== null && fits(domain));
}

const properties = {
  'header.from': /\sheader\.from\s*=\s*(\S+)/gi,
  'header.d': /\sheader\.d\s*=\s*(\S+)/gi,
  'header.i': /\sheader\.i\s*=\s*(\S+)/gi,
  'smtp.mailfrom': /\ssmtp\.mailfrom\s*=\s*(\S+)/gi,
};

/** The domains that a property of a result names (RFC 8601 section 2.2). More than one: a stranger's quoted text plays the second. */
function property(text: string, name: keyof typeof properties): (string | null)[] {
  return [...text.matchAll(properties[name])].map(([, value = '']) =>
    asciiDomain(value.slice(value.lastIndexOf('@') + 1)),
  );
}

/** Fields that decide how the body is read; of two, signatures speak for the last, and readers go by the first. */
const onceOnly: readonly string[] = ['content-type', 'content-transfer-encoding', 'content-disposition'];

/** Whether others may read the mail in another way than we: what they say of its sender is said of another text. */
function isAmbiguous({ fields, badLines, tooLong }: Header): boolean {
  const repeated = onceOnly.some((once) => fields.filter(({ name }) => name === once).length > 1);
  return repeated || tooLong || badLines > 0;
}

/** The domain of the one From address; several From fields or addresses prove nothing, nor does a header that can be read in two ways. */
export function fromDomain(header: Header): string | null {
  if (isAmbiguous(header)) return null;
  const fields = header.fields.filter((field) => field.name === 'from');
  const address = fields.length === 1 && fields[0] !== undefined ? oneAddress(fields[0].value) : null;
  if (address === null || !address.includes('@')) return null;
  return asciiDomain(address.slice(address.lastIndexOf('@') + 1));
}

function asciiDomain(domain: string): string | null {
  const ascii = domainToASCII(domain.replace(/\.$/, ''));
  return ascii === '' ? null : ascii;
}
