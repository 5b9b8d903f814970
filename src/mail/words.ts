import { addressParser, decodeWords } from 'postal-mime';
import { plainText } from '../base/text.js';

/** Longest raw header value that is decoded for display. */
const maxChars = 4096;

/** Bytes of a percent-encoded text (RFC 2231 section 4); a `%` that escapes nothing stays. */
export function unescapeText(text: string): Buffer {
  return Buffer.from(
    text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}

/** Latin-1 view of header bytes as text: UTF-8 where it is valid (RFC 6532), else Latin-1. */
function headerText(latin1: string): string {
  const utf8 = Buffer.from(latin1.slice(0, maxChars), 'latin1').toString('utf8');
  return utf8.includes('\ufffd') ? latin1.slice(0, maxChars) : utf8;
}

/** Encoded words (RFC 2047) decoded where they can be; control characters made visible; at most `max` characters. */
export function displayText(latin1: string, max: number): string {
  const text = headerText(latin1).replace(/[ \t]+/g, ' ');
  try {
    return plainText(decodeWords(text), max);
  } catch {
    return plainText(text, max);
  }
}

/** The one address of a From value, lower-case domain; null when there is none or more than one. */
export function oneAddress(latin1: string): string | null {
  try {
    const found = addressParser(headerText(latin1), { flatten: true });
    const addresses = found.flatMap((entry) => (entry.address ? [entry.address] : []));
    return addresses.length === 1 && addresses[0] !== undefined ? lowerDomain(addresses[0]) : null;
  } catch {
    return null;
  }
}

function lowerDomain(address: string): string {
  const at = address.lastIndexOf('@');
  return plainText(address.slice(0, at + 1) + address.slice(at + 1).toLowerCase(), 320);
}
