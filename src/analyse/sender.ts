import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { getDomain } from 'tldts';
import type { RuleName } from '../model/finding.js';
import type { AuthSet } from '../model/history.js';

/** The organisational domain by the public suffix list, lower case, or null. */
export function organisation(domain: string): string | null {
  return getDomain(domain)?.toLowerCase() ?? null;
}

/** Organisational domains that are ours: of the policy domain and of the configured ones. */
export function ourOrganisations(domain: string, configured: readonly string[]): ReadonlySet<string> {
  return new Set([domain, ...configured].map((each) => organisation(each) ?? each.toLowerCase()));
}

/** Whom to name for a source IP: who signs, else whose bounces, else the network. `sets` in order of trust. */
export function senderOf(sets: readonly (readonly AuthSet[])[], ip: string, ours: ReadonlySet<string>): string {
  for (const each of sets) {
    const found = mostSeen(each, (set) => set.dkim, ours) ?? mostSeen(each, (set) => set.spf, ours);
    if (found !== null) return found;
  }
  return network(ip);
}

function mostSeen(
  sets: readonly AuthSet[],
  results: (set: AuthSet) => readonly { readonly domain: string; readonly result: string }[],
  ours: ReadonlySet<string>,
): string | null {
  const counts = new Map<string, number>();
  for (const set of sets) {
    const passing = results(set).flatMap(({ domain, result }) => (result === 'pass' ? [organisation(domain)] : []));
    for (const name of new Set(passing)) {
      if (name !== null && !ours.has(name)) counts.set(name, (counts.get(name) ?? 0) + set.messages);
    }
  }
  // Ties are broken by name, or the fingerprint would depend on the order of rows.
  const ranked = [...counts].sort((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1));
  return ranked[0]?.[0] ?? null;
}

/** `198.51.100.0/24` or `2001:db8::/64`. */
export function network(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const address = ipaddr.parse(ip);
  const bits = address.kind() === 'ipv4' ? 24 : 64;
  const bytes = address.toByteArray().map((byte, index) => (index < bits / 8 ? byte : 0));
  return `${ipaddr.fromByteArray(bytes).toString()}/${bits}`;
}

/** SHA-256 of rule|domain|sender, hex. */
export function fingerprintOf(rule: RuleName, domain: string, sender: string): string {
  return createHash('sha256').update(`${rule}|${domain}|${sender}`).digest('hex');
}
