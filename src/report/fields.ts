import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';
import type { Note } from './problems.js';

const cleanDomain = /^[a-z0-9_.-]*[a-z0-9_-]$/;
/** Domains found clean of late: a report has few, in every row. */
const known = new Set<string>();
const knownMax = 1000;

function isClean(domain: string): boolean {
  if (known.has(domain)) return true;
  if (!cleanDomain.test(domain)) return false;
  if (known.size >= knownMax) known.clear();
  known.add(domain);
  return true;
}

/**
 * Lower case, in its ASCII form (RFC 5890: A-labels), without final dots, angle brackets or the local part of an address.
 * Absent stays null, empty stays "", and what is no domain stays as it is.
 */
export function domainOf(raw: string | null, note: Note, path: string): string | null {
  if (raw === null || raw === '' || isClean(raw)) return raw;
  const address = trimmed(raw, '<', '>');
  if (/[\s,;]/.test(address)) {
    note('bad-domain', path, raw);
    return raw;
  }
  const bare = trimmed(address.slice(address.lastIndexOf('@') + 1), '', '.').toLowerCase();
  const mended = isAscii(bare) ? bare : asciiFormOf(bare);
  if (mended !== '' && !isClean(mended)) {
    note('bad-domain', path, raw);
    return raw;
  }
  if (mended !== raw) note('domain-form', path, raw);
  return mended;
}

/** RFC 1035 section 2.3.4, without the final dot. */
const longestDomain = 253;

/** A domain that has no ASCII form stays as it is. */
function asciiFormOf(domain: string): string {
  const ascii = domainToASCII(domain);
  return ascii === '' || ascii.length > longestDomain ? domain : ascii;
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

/** Without white space, the characters of `before` at its start and those of `after` at its end. */
function trimmed(text: string, before: string, after: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && ` \t\n${before}`.includes(text.charAt(start))) start++;
  while (end > start && ` \t\n${after}`.includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** An e-mail address without angle brackets around it. */
export function emailOf(raw: string | null, note: Note, path: string): string | null {
  if (raw === null || !raw.startsWith('<') || !raw.endsWith('>')) return raw;
  note('address-form', path, raw);
  return raw.slice(1, -1).trim();
}

/**
 * The address in its one text form: IPv4 with four decimal parts, IPv6 as RFC 5952 writes it, an IPv4-mapped address as
 * IPv4. Brackets, a port after them or after an IPv4 address, and a zone are taken off. Null when it is no address.
 */
export function addressOf(raw: string, note: Note, path: string): string | null {
  const plain = canonicalAddress(raw);
  if (plain !== null) return plain;
  const inner = /^\[([^\]]*)\](?::\d+)?$/.exec(raw)?.[1] ?? /^([\d.]+):\d+$/.exec(raw)?.[1] ?? raw;
  const zone = inner.indexOf('%');
  const mended = canonicalAddress((zone === -1 ? inner : inner.slice(0, zone)).trim());
  if (mended !== null) note('address-form', path, raw);
  return mended;
}

const group = '(?:0|[1-9a-f][0-9a-f]{0,3})';
const groups = `${group}(?::${group})*`;
const cleanIPv6 = new RegExp(`^${groups}(?:::(?:${groups})?)?$`);
const zeroGroup = /(?:^|:)0(?::|$)/;
const twoZeroGroups = /(?:^|:)0:0(?::|$)/;

/** Most IPv6 addresses in reports are in their canonical form; to see that is quicker than to make it. */
function isCanonicalIPv6(text: string): boolean {
  if (!cleanIPv6.test(text) || twoZeroGroups.test(text)) return false;
  if (text.includes('::') && zeroGroup.test(text)) return false;
  let colons = 0;
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) colons++;
  return text.includes('::') ? colons <= (text.endsWith('::') ? 7 : 6) : colons === 7;
}

function canonicalAddress(text: string): string | null {
  if (!text.includes(':')) return isIPv4(text) ? text : null;
  if (isCanonicalIPv6(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return null;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String();
}

const wholeNumber = /^[+-]?\d+(?:\.0*)?$/;

/** A whole number (`12`, `+12`, `12.0`), or null. */
export function integerOf(raw: string): number | null {
  return wholeNumber.test(raw) ? Number(raw) : null;
}

/** `pct`: 0 to 100, else null. */
export function percentOf(raw: string | null, note: Note, path: string): number | null {
  if (raw === null) return null;
  const value = integerOf(raw);
  if (value !== null && value >= 0 && value <= 100) return value;
  note('bad-number', path, raw);
  return null;
}
