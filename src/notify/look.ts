import { plainText } from '../base/text.js';
import type { DomainLook } from '../model/alert.js';
import type { Finding, Severity, SourceClass } from '../model/finding.js';
import type { SendersOfClass } from '../model/telling.js';

const namedSenders = 3;
const nameChars = 60;
const adviceChars = 300;
const gravity: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** The senders of each policy domain by class, what fails, and what to look at first: domains with something to do first. */
export function lookAt(
  findings: readonly Finding[],
  domains: readonly { readonly domain: string; readonly messages: number; readonly pass: number }[],
  senders: readonly SendersOfClass[],
): DomainLook[] {
  const open = findings.filter((each) => each.status === 'open');
  const sums = new Map(domains.map((each) => [each.domain, each]));
  const names = new Set([...open.map((each) => each.domain), ...sums.keys()].filter((each) => each !== ''));
  const looks = [...names].map((domain) => {
    const own = open.filter((each) => each.domain === domain).sort(byGravity);
    const known = senders.filter((each) => each.domain === domain);
    return { look: look(domain, own, known, sums.get(domain) ?? { messages: 0, pass: 0 }), first: own[0] };
  });
  return looks.sort((one, other) => rank(one.first) - rank(other.first)).map((each) => each.look);
}

function rank(first: Finding | undefined): number {
  return first === undefined ? 3 : gravity[first.severity];
}

function byGravity(one: Finding, other: Finding): number {
  return gravity[one.severity] - gravity[other.severity] || failedOf(other) - failedOf(one);
}

function failedOf({ evidence }: Finding): number {
  return evidence.window.failed;
}

function look(
  domain: string,
  own: readonly Finding[],
  senders: readonly SendersOfClass[],
  sums: { messages: number; pass: number },
): DomainLook {
  const { messages, pass } = sums;
  return {
    domain: plainText(domain, 253),
    messages,
    passed: pass,
    pass_rate: messages === 0 ? null : pass / messages,
    senders: classes(own, senders),
    look_at_first: advice(own[0]),
  };
}

/** Those that fail are named first. */
function classes(own: readonly Finding[], senders: readonly SendersOfClass[]): DomainLook['senders'] {
  const failing = byClass(own);
  const kinds = new Set([...failing.keys(), ...senders.map((each) => each.class)]);
  return [...kinds].map((kind) => {
    const group = failing.get(kind) ?? [];
    const known = senders.find((each) => each.class === kind);
    const names = [...new Set([...group.map((each) => each.evidence.title), ...(known?.names ?? [])])];
    return {
      class: kind,
      names: names.slice(0, namedSenders).map((each) => plainText(each, nameChars)),
      more: Math.max(0, Math.max(names.length, known?.count ?? 0) - namedSenders),
      failed: group.reduce((sum, each) => sum + failedOf(each), 0),
    };
  });
}

function byClass(own: readonly Finding[]): ReadonlyMap<SourceClass, readonly Finding[]> {
  const found = new Map<SourceClass, Finding[]>();
  for (const each of [...own].sort((one, other) => failedOf(other) - failedOf(one))) {
    if (each.sender === '') continue;
    found.set(each.evidence.class, [...(found.get(each.evidence.class) ?? []), each]);
  }
  return found;
}

function advice(first: Finding | undefined): string | null {
  if (first === undefined) return null;
  return plainText(
    [first.sender, first.evidence.next_steps[0] ?? first.summary].filter((each) => each !== '').join(': '),
    adviceChars,
  );
}
