import { getDomain } from 'tldts';

/** The organisational domain of a name, lower case, by the public suffix list, private suffixes included: who shares a suffix is not one house. */
export function organisationOf(domain: string): string {
  const name = domain.toLowerCase().replace(/\.$/, '');
  return getDomain(name, { allowPrivateDomains: true }) ?? name;
}
