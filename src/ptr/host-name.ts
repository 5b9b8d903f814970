import ipaddr from 'ipaddr.js';
import { organisationOf } from '../base/organisation.js';

/** RFC 1035 section 2.3.4. */
const longestName = 253;
const longestLabel = 63;

/**
 * A PTR name in lower case and without the last dot; null when no host can have it: letters, digits and hyphens in two labels at
 * least (RFC 1123 section 2.1). Other scripts come as `xn--` and stay so: nobody reads one name for another.
 */
export function readHostName(text: string): string | null {
  if (text.length > longestName + 1) return null;
  const name = text.replace(/\.$/, '').toLowerCase();
  const labels = name.split('.');
  if (name.length > longestName || labels.length < 2 || !labels.every(isLabel)) return null;
  return /^[0-9]+$/.test(labels.at(-1) ?? '') ? null : name;
}

function isLabel(label: string): boolean {
  return label.length <= longestLabel && /^[a-z0-9-]+$/.test(label) && !label.startsWith('-') && !label.endsWith('-');
}

/** What providers call the addresses of their customers; `static` is no such word, as mail servers have it too. */
const poolWords: ReadonlySet<string> = new Set([
  'adsl', 'broadband', 'cable', 'cablemodem', 'catv', 'client', 'clients', 'cpe', 'cust', 'customer', 'customers', 'dhcp', 'dial',
  'dialin', 'dialup', 'dsl', 'dyn', 'dynamic', 'dynamicip', 'dynip', 'fttb', 'fttc', 'ftth', 'gprs', 'lte', 'pool', 'pools', 'ppp',
  'pppoe', 'resi', 'residential', 'sdsl', 'umts', 'vdsl', 'wimax', 'xdsl',
]); // prettier-ignore

/** Whether a name only says which address of a pool it is: the provider of the line did not send the mail. */
export function isGeneric(name: string, ip: string): boolean {
  const own = name.slice(0, name.length - organisationOf(name).length);
  return own.split(/[^a-z]+/).some((word) => poolWords.has(word)) || holdsAddress(name, ip);
}

function holdsAddress(name: string, ip: string): boolean {
  const address = ipaddr.process(ip);
  const bytes = address.toByteArray();
  const hex = Buffer.from(bytes).toString('hex');
  if (address.kind() === 'ipv4') return holdsOctets(name, bytes) || name.includes(hex);
  const digits = name.replace(/[^0-9a-f]+/g, '');
  const host = hex.slice(16);
  const reversed = [...host].reverse().join('');
  const short = address.toString().replace(/:+/g, '-');
  return digits.includes(host) || digits.includes(reversed) || name.replace(/-+/g, '-').includes(short);
}

/** Three octets of four that stand together are too many to be there by chance. */
function holdsOctets(name: string, octets: readonly number[]): boolean {
  const numbers = name.split(/[^0-9]+/).filter((run) => run !== '' && run.length <= 3);
  const found = `.${numbers.map(Number).join('.')}.`;
  const padded = octets.map((each) => String(each).padStart(3, '0'));
  const ways = [octets, [...octets].reverse()];
  const threes = ways.flatMap((way) => [way.slice(0, 3), way.slice(1)]);
  return (
    threes.some((three) => found.includes(`.${three.join('.')}.`)) ||
    name.includes(padded.join('')) ||
    name.includes(padded.reverse().join(''))
  );
}
