import { createRequire } from 'node:module';
import type * as Tldts from 'tldts';

const load = createRequire(import.meta.url);
let list: typeof Tldts | null = null;

/**
 * The organisational domain of a name, lower case, by the public suffix list, private suffixes included: who shares a suffix is
 * not one house. The list is loaded with the first name: commands that need none would start later for it.
 */
export function organisationOf(domain: string): string {
  list ??= load('tldts') as typeof Tldts;
  const name = domain.toLowerCase().replace(/\.$/, '');
  return list.getDomain(name, { allowPrivateDomains: true }) ?? name;
}
