import { domainToASCII } from 'node:url';
import type { Authenticity } from '../model/part.js';
import type { Header } from './header.js';
import { splitPieces } from './parameters.js';
import { oneAddress } from './words.js';

/**
 * Whether the mail is from whom it says, by the topmost Authentication-Results (RFC 8601) that one of our own servers
 * wrote. `authservIds` must be servers that remove forged fields of their name; none: always `unverified`.
 */
export function authenticityOf(header: Header, authservIds: readonly string[]): Authenticity {
  const ids = new Set(authservIds.map((id) => id.toLowerCase()));
  const results = header.fields
    .filter((field) => ids.size > 0 && field.name === 'authentication-results')
    .map((field) => splitPieces(field.value, 'anywhere'))
    .find((pieces) => isFrom(pieces[0] ?? '', ids));
  return results === undefined ? 'unverified' : judge(results.slice(1), fromDomain(header));
}

/** `authserv-id [version]`; versions other than 1 are unknown to us. */
function isFrom(piece: string, ids: ReadonlySet<string>): boolean {
  const [id = '', version = '1'] = piece.trim().toLowerCase().split(/\s+/);
  return ids.has(id) && version === '1';
}

function judge(results: readonly string[], domain: string | null): Authenticity {
  const dmarc = results.flatMap((result) => {
    const word = /^\s*dmarc(?:\s*\/\s*1)?\s*=\s*([a-z]+)/i.exec(result)?.[1];
    return word === undefined ? [] : [{ word: word.toLowerCase(), from: headerFrom(result) }];
  });
  if (dmarc.some(({ word }) => word === 'fail')) return 'failed';
  const passed = dmarc.length > 0 && dmarc.every(({ word, from }) => word === 'pass' && from === domain);
  return passed && domain !== null ? 'verified' : 'unverified';
}

function headerFrom(result: string): string | null {
  const value = /\sheader\.from\s*=\s*(\S+)/i.exec(result)?.[1];
  return value === undefined ? null : asciiDomain(value.slice(value.lastIndexOf('@') + 1));
}

/** The domain of the one From address; several From fields or addresses prove nothing. */
function fromDomain(header: Header): string | null {
  const fields = header.fields.filter((field) => field.name === 'from');
  const address = fields.length === 1 && fields[0] !== undefined ? oneAddress(fields[0].value) : null;
  if (address === null || !address.includes('@')) return null;
  return asciiDomain(address.slice(address.lastIndexOf('@') + 1));
}

function asciiDomain(domain: string): string | null {
  const ascii = domainToASCII(domain.replace(/\.$/, ''));
  return ascii === '' ? null : ascii;
}
