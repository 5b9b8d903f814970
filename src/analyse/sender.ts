import ipaddr from 'ipaddr.js';
import { organisationOf } from '../base/organisation.js';

/** The organisational domain by the public suffix list, lower case; a name without one is its own. */
export const organisation: (domain: string) => string = organisationOf;

/** Organisational domains that are ours: of the policy domain and of the configured ones. */
export function ourOrganisations(domain: string, configured: readonly string[]): ReadonlySet<string> {
  return new Set([domain, ...configured].map(organisationOf));
}

/** `198.51.100.0/24` or `2001:db8::/64`. */
export function network(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const address = ipaddr.parse(ip);
  const bits = address.kind() === 'ipv4' ? 24 : 64;
  const bytes = address.toByteArray().map((byte, index) => (index < bits / 8 ? byte : 0));
  return `${ipaddr.fromByteArray(bytes).toString()}/${bits}`;
}
