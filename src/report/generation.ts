import type { Generation } from '../model/report.js';
import { plainText } from '../base/text.js';
import { seenExtension, slot, type Drafts } from './drafts.js';
import { decodeReferences } from './xml-text.js';

const rfc9990Namespace = 'urn:ietf:params:xml:ns:dmarc-2.0';
/** How much of a start tag is looked at for its namespace. */
const tagChars = 4096;

/**
 * Which schema a report follows; the first that fits:
 *
 * 1. `rfc9990`: the namespace of RFC 9990 appendix A
 * 2. `rfc9990`: it has what only RFC 9990 has, though no namespace: `testing`, `discovery_method`, `generator`,
 *    `extension`, disposition `pass` or reason `policy_test_mode`. `np` alone does not count: RFC 9091 brought it, and
 *    Google writes it into reports of the old schema
 * 3. `draft`: no `version`, which RFC 7489 requires and the drafts before it had not
 * 4. `rfc7489`
 *
 * The value of `version` says nothing: it is 1.0 in both RFCs, and 0.1 and 2.0 occur.
 */
export function generationOf(namespace: string | null, drafts: Drafts, sawNewWords: boolean): Generation {
  if (namespace?.toLowerCase() === rfc9990Namespace || sawNewWords) return 'rfc9990';
  const hasNewElement = [slot.generator, slot.testing, slot.discoveryMethod].some((at) => drafts.text(at) !== null);
  if (hasNewElement || (drafts.seen & seenExtension) !== 0) return 'rfc9990';
  return drafts.text(slot.version) === null ? 'draft' : 'rfc7489';
}

/** Whether a record has a disposition or a reason that RFC 9990 brought. */
export function hasNewWords(record: {
  readonly disposition: string | null;
  readonly reasons: readonly { readonly type: string | null }[];
}): boolean {
  return record.disposition === 'pass' || record.reasons.some((reason) => reason.type === 'policy_test_mode');
}

/** The namespace that the root's start tag puts itself in. `tag` is what stands between its brackets. */
export function namespaceOf(tag: string): string | null {
  const start = tag.slice(0, tagChars);
  const [qualified = ''] = start.split(/[\s/]/, 1);
  const colon = qualified.lastIndexOf(':');
  const attribute = colon === -1 ? 'xmlns' : `xmlns:${qualified.slice(0, colon)}`;
  for (const [, name, double, single] of start.matchAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
    if (name === attribute) return plainText(decodeReferences(double ?? single ?? '', () => undefined)) || null;
  }
  return null;
}
