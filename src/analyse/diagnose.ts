import { plainText } from '../base/text.js';
import type { AuthSet, RecordDetail } from '../model/history.js';
import type { SourceClass } from '../model/finding.js';
import { beforeOf, isOurs, mainCause } from './cause.js';
import type { Before, Cause } from './cause.js';

export interface Diagnosis {
  readonly cause: Cause;
  readonly why: string;
  /** In the order to do them. */
  readonly nextSteps: readonly string[];
}

/** What a case knows: names for its sentences, already made safe to print. */
interface Names {
  readonly domain: string;
  readonly sender: string;
  readonly before: Before;
  /** Domains that pass raw DKIM and raw SPF without being aligned. */
  readonly signer: string;
  readonly bounce: string;
  /** `s1._domainkey.example.com` of our failing or missing signature. */
  readonly key: string;
  /** ` at google.com only`, or "". */
  readonly where: string;
  readonly strict: boolean;
}

/** Says in words why the failing messages fail and what to do about it. */
export function diagnose(input: {
  readonly domain: string;
  readonly sender: string;
  readonly failing: readonly AuthSet[];
  readonly passing: readonly AuthSet[];
  readonly detail: RecordDetail;
}): Diagnosis {
  const { domain, failing, passing, detail } = input;
  const before = beforeOf(passing, domain);
  const forwarded = detail.failed > 0 && detail.forwarded === detail.failed;
  const cause = forwarded ? 'forwarded' : mainCause(failing, domain, before);
  const [why, ...nextSteps] = cases[cause](namesOf(input, before));
  return { cause, why, nextSteps };
}

function namesOf(
  input: {
    domain: string;
    sender: string;
    failing: readonly AuthSet[];
    passing: readonly AuthSet[];
    detail: RecordDetail;
  },
  before: Before,
): Names {
  const { domain, failing, passing, detail } = input;
  const dkim = failing.flatMap((set) => set.dkim);
  const spf = failing.flatMap((set) => set.spf);
  const own = (each: { domain: string }) => isOurs(each.domain, domain);
  const signed =
    dkim.find(own) ?? passing.flatMap((set) => set.dkim).find((each) => own(each) && each.result === 'pass');
  const passed = [...dkim, ...spf].filter((each) => each.result === 'pass');
  const only =
    detail.failingReporters === 1 && detail.reporters.length > 1
      ? detail.reporters.find((r) => r.failed > 0)
      : undefined;
  return {
    domain: plainText(domain, 100),
    sender: plainText(input.sender, 100),
    before,
    signer: plainText(dkim.find((each) => each.result === 'pass')?.domain ?? '', 100),
    bounce: plainText(spf.find((each) => each.result === 'pass')?.domain ?? '', 100),
    key: signed === undefined ? '' : plainText(`${signed.selector || '?'}._domainkey.${signed.domain}`, 200),
    where: only === undefined ? '' : ` at ${plainText(only.name, 60)} only`,
    strict: passed.length > 0 && passed.every(own),
  };
}

const align = (n: Names) => `If it is yours, set ${n.sender} up to sign with d=${n.domain} (a custom DKIM domain).`;
const returnPath = (n: Names) => `Or give it a return-path under ${n.domain}, so that SPF aligns.`;
const notYours = (n: Names) =>
  `If you do not know ${n.sender}, do nothing for it: a policy of p=quarantine or p=reject on ${n.domain} makes receivers refuse it.`;
const strictness = (n: Names): string[] =>
  n.strict ? [`The domain that passes is yours: look whether adkim=s or aspf=s in _dmarc.${n.domain} is meant.`] : [];
const alsoSpf = (n: Names): string[] =>
  n.before.spf ? [`SPF used to pass for ${n.domain} as well: check that its SPF record still names this sender.`] : [];

const cases: Readonly<Record<Cause, (names: Names) => [string, ...string[]]>> = {
  forwarded: (n) => [
    'Receivers say that every failing message was forwarded or came through a mailing list, which breaks SPF and often DKIM.',
    `Nothing is broken at ${n.domain}; sign all mail with DKIM, which survives plain forwarding.`,
  ],
  signature_missing: (n) => [
    `The DKIM signature ${n.key} that this mail used to carry is missing.`,
    `Turn DKIM signing for ${n.domain} on again at ${n.sender}.`,
    'Look for a new server, queue or route that sends without signing.',
    ...alsoSpf(n),
  ],
  signature_fails: (n) => [
    `The DKIM signature ${n.key} is there but does not verify${n.where}.`,
    ...(n.where === ''
      ? [
          `Compare the TXT record ${n.key} with the key that ${n.sender} signs with: a rotated key is the usual cause.`,
          'Look for a gateway that changes messages after they were signed (footers, rewriting).',
        ]
      : [
          'One receiver alone sees it: look for a DNS problem between it and you, or a route that changes messages on the way to it.',
          `Check the TXT record ${n.key} from outside.`,
        ]),
    ...alsoSpf(n),
  ],
  both_unaligned: (n) => [
    `DKIM passes for ${n.signer} and SPF for ${n.bounce}, but neither is aligned with ${n.domain}.`,
    ...strictness(n),
    align(n),
    returnPath(n),
    notYours(n),
  ],
  spf_unaligned: (n) => [
    `SPF passes for ${n.bounce}, which is not aligned with ${n.domain}, and there is no valid DKIM signature.`,
    ...strictness(n),
    align(n),
    returnPath(n),
    notYours(n),
  ],
  dkim_unaligned: (n) => [
    `The DKIM signature is valid but made for ${n.signer}, which is not aligned with ${n.domain}, and SPF does not pass.`,
    ...strictness(n),
    align(n),
    notYours(n),
  ],
  spf_fails: (n) => [
    `SPF used to pass for this source and now fails, and no DKIM signature of ${n.domain} takes its place.`,
    `Check the SPF record of ${n.domain}: was an include or an address removed, or are there more than 10 DNS look-ups?`,
    `Have ${n.sender} sign with d=${n.domain}, so that one mistake in SPF does not fail the mail.`,
  ],
  error: (n) => [
    'Receivers could not check: DNS answered with errors (temperror, permerror).',
    `Check that the DNS servers of ${n.domain} answer from outside, and that its SPF and DKIM records are well formed.`,
    'If it was temperror only and is over, nothing else is to do.',
  ],
  nothing: (n) => [
    'Nothing authenticates this mail: it is a system of yours that nobody set up, or somebody who pretends to be you.',
    `Look whether ${n.sender} is yours: a printer, a web shop, a monitoring box.`,
    `If it is, send through a server that signs for ${n.domain}, or add it to the SPF record.`,
    notYours(n),
  ],
  unknown: (n) => [
    'The reports give no authentication results for the failing messages.',
    `Look whether ${n.sender} is yours; the headers of one message that it sent to you will tell more.`,
  ],
};

/** What kind of source it is, judged by its failing mail; a source known to pass stays `known`. */
export function classOf(cause: Cause, failing: readonly AuthSet[]): { class: SourceClass; reason: string } {
  if (cause === 'forwarded')
    return { class: 'forwarder', reason: 'every failing message has an override reason of forwarding' };
  const passing = failing.some((set) => [...set.dkim, ...set.spf].some((each) => each.result === 'pass'));
  if (passing) return { class: 'third_party', reason: 'DKIM or SPF passes for a domain that is not aligned' };
  if (cause === 'error' || cause === 'unknown') return { class: 'unknown', reason: 'no usable authentication results' };
  return { class: 'unauthenticated', reason: 'neither DKIM nor SPF passes for any domain' };
}
