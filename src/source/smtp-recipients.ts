import { domainToASCII } from 'node:url';

/** Whether mail is taken for an address. `allowed` are addresses, and domains for every address in them; letter case plays no part. */
export function recipientTest(allowed: readonly string[]): (address: string) => boolean {
  const known = new Set(allowed.map((each) => canonical(each.includes('@') ? each : `@${each}`)));
  return (address) => {
    const asked = canonical(address);
    return known.has(asked) || known.has(asked.slice(asked.lastIndexOf('@')));
  };
}

/** Domains are compared as A-labels (RFC 5890), so that either spelling in the settings fits either in the mail. */
function canonical(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  return `${address.slice(0, at).toLowerCase()}@${domainToASCII(domain) || domain.toLowerCase()}`;
}
