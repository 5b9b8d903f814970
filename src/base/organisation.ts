import { getDomain } from 'tldts';

/** Names that are remembered: the public suffix list takes longer to ask than a row takes to write. */
const remembered = 4_000;
const organisations = new Map<string, string>();

/** The organisational domain of a name, lower case, by the public suffix list, private suffixes included: who shares a suffix is not one house. */
export function organisationOf(domain: string): string {
  const known = organisations.get(domain);
  if (known !== undefined) return known;
  if (organisations.size >= remembered) organisations.clear();
  // A name cut out of a report would keep the whole block alive that it was cut from.
  const own = Buffer.from(domain).toString();
  const name = own.toLowerCase().replace(/\.$/, '');
  const found = getDomain(name, { allowPrivateDomains: true }) ?? name;
  organisations.set(own, found);
  return found;
}
