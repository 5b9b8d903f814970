import { createHash } from 'node:crypto';
import type { Mechanism, RuleName } from '../model/finding.js';

/** SHA-256 of rule|domain|sender|mechanism, hex. No counts in it: one failure keeps one name. */
export function fingerprintOf(rule: RuleName, domain: string, sender: string, mechanism: Mechanism = 'dmarc'): string {
  return createHash('sha256').update(`${rule}|${domain}|${sender}|${mechanism}`).digest('hex');
}
