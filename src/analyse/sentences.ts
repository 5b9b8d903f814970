import type { Mechanism } from '../model/finding.js';
import type { Cause } from './cause.js';
import type { Extent } from './extent.js';

/** What a sentence may name, already made safe to print. */
export interface Names {
  readonly domain: string;
  readonly sender: string;
  readonly mechanism: Mechanism;
  /** SPF passed for us at one of these source IPs. */
  readonly usedSpf: boolean;
  /** Domains that pass raw DKIM and raw SPF, else "". */
  readonly signer: string;
  readonly bounce: string;
  /** `softfail` and the like: what SPF says most often when it does not pass, else "". */
  readonly spfResult: string;
  /** `s1._domainkey.example.com` of our failing or missing signature, else "". */
  readonly key: string;
  /** ` at Yahoo only`, or "". */
  readonly where: string;
  readonly extent: Extent;
  /** Reporters that show the cause: `Yahoo`, `Yahoo and 2 others`. */
  readonly reporters: string;
  /** `adkim=s`, `aspf=s` or both, as far as the policy has them. */
  readonly strictTags: string;
  /** Only `temperror`: nothing is wrong with the records themselves. */
  readonly temporary: boolean;
}

type Sentences = readonly [why: string, ...nextSteps: string[]];

const align = (n: Names) => `If it is yours, set ${n.sender} up to sign with d=${n.domain} (a custom DKIM domain).`;
const returnPath = (n: Names) => `Or give it a return-path under ${n.domain}, so that SPF aligns.`;
const notYours = (n: Names) =>
  `If you do not know ${n.sender}, do nothing for it: a policy of p=quarantine or p=reject on ${n.domain} makes receivers refuse it.`;
const alsoSpf = (n: Names): string[] =>
  n.usedSpf && n.mechanism === 'dmarc'
    ? [`SPF used to pass for ${n.domain} as well: check that its SPF record still names this sender.`]
    : [];
const stillPasses = (n: Names): string[] =>
  n.mechanism === 'dmarc'
    ? []
    : [
        `DMARC still passes by ${n.mechanism === 'dkim' ? 'SPF' : 'DKIM'} alone: mend this before that breaks too, or mail is forwarded.`,
      ];

/** Why it fails, then what to do, in that order. */
export const sentences: Readonly<Record<Cause, (names: Names) => Sentences>> = {
  forwarded: (n) => [
    'Receivers say that every failing message was forwarded or came through a mailing list, which breaks SPF and often DKIM.',
    `Nothing is broken at ${n.domain}; sign all mail with DKIM, which survives plain forwarding.`,
  ],
  contradiction: (n) => [
    `${n.reporters} contradicts itself: by its own results ${passesOf(n)} passes and is aligned with ${n.domain}, and yet it calls the messages failed.`,
    'Nothing is to do at your side if other reporters see the same mail pass.',
    'If all of them say so, look at the policy record: receivers may read another one than you think.',
  ],
  strict: (n) => [
    `${passesOf(n)} passes, but ${n.strictTags || 'strict alignment'} asks for exactly the domain in From, where relaxed alignment would do.`,
    `If ${n.strictTags || 'strict alignment'} is not meant, take it out of _dmarc.${n.domain}.`,
    `Else let ${n.sender} sign and send with exactly the domain in From.`,
  ],
  signature_missing: (n) =>
    n.extent.onlyNewIps
      ? [
          `Unsigned mail from addresses of ${n.sender} that sent nothing of yours before: the DKIM signature ${n.key} is missing.`,
          `Look whether ${n.sender} sends for you from these addresses without your signature.`,
          `If it does not, somebody else's account at ${n.sender} may use your domain: tell its abuse desk.`,
          ...alsoSpf(n),
        ]
      : [
          `The DKIM signature ${n.key} that this mail used to carry is missing${n.where}.`,
          ...stillPasses(n),
          `Turn DKIM signing for ${n.domain} on again at ${n.sender}.`,
          n.extent.ips === null
            ? 'Look for a new server, queue or route that sends without signing.'
            : 'The other source IPs still sign: compare the settings of the servers.',
          ...alsoSpf(n),
        ],
  signature_fails: (n) => [
    `The DKIM signature ${n.key} is there but does not verify${n.where}${selectorsOf(n)}.`,
    ...stillPasses(n),
    ...brokenSignature(n),
    ...alsoSpf(n),
  ],
  both_unaligned: (n) => [
    `DKIM passes for ${n.signer} and SPF for ${n.bounce}, but neither is aligned with ${n.domain}.`,
    align(n),
    returnPath(n),
    notYours(n),
  ],
  spf_unaligned: (n) => [
    `SPF passes for ${n.bounce}, which is not aligned with ${n.domain}${n.mechanism === 'dmarc' ? ', and there is no valid DKIM signature' : ''}.`,
    ...stillPasses(n),
    ...(n.usedSpf ? [`SPF used to pass for ${n.domain}: look whether the return-path was changed.`] : []),
    align(n),
    returnPath(n),
    notYours(n),
  ],
  dkim_unaligned: (n) => [
    `The DKIM signature is valid but made for ${n.signer}, which is not aligned with ${n.domain}${n.mechanism === 'dmarc' ? ', and SPF does not pass' : ''}.`,
    ...stillPasses(n),
    align(n),
    notYours(n),
  ],
  spf_fails: (n) => [
    `SPF used to pass for this source and now says ${n.spfResult || 'nothing'}${n.where}${n.mechanism === 'dmarc' ? `, and no DKIM signature of ${n.domain} takes its place` : ''}.`,
    ...stillPasses(n),
    `Check the SPF record of ${n.domain}: was an include or an address removed, or are there more than 10 DNS look-ups?`,
    ...(n.mechanism === 'dmarc'
      ? [`Have ${n.sender} sign with d=${n.domain}, so that one mistake in SPF does not fail the mail.`]
      : []),
  ],
  spf_new_ip: (n) => [
    `This server of ${n.sender} is new, or the SPF record of ${n.domain} never named it: SPF says ${n.spfResult || 'nothing'}, while it passed for others of the sender${n.mechanism === 'dmarc' ? `, and no DKIM signature of ${n.domain} takes its place` : ''}.`,
    ...stillPasses(n),
    `If it is yours, add it to the SPF record of ${n.domain}.`,
    ...(n.mechanism === 'dmarc'
      ? [`Have ${n.sender} sign with d=${n.domain}, so that no address has to be named.`]
      : []),
    notYours(n),
  ],
  error: (n) => [
    `${n.reporters} could not check: DNS answered with ${n.temporary ? 'temporary errors (temperror)' : 'errors (temperror, permerror)'}${n.extent.reporters === null ? '' : ', while others could'}.`,
    ...(n.extent.reporters === null
      ? [
          `Check that the DNS servers of ${n.domain} answer from outside, and that its SPF and DKIM records are well formed.`,
        ]
      : ['Others checked the same mail: look whether your DNS servers refuse or limit that receiver.']),
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

function passesOf({ signer, bounce }: Names): string {
  if (signer !== '' && bounce !== '') return `DKIM for ${signer} and SPF for ${bounce}`;
  return signer === '' ? `SPF for ${bounce}` : `DKIM for ${signer}`;
}

function selectorsOf({ extent }: Names): string {
  return extent.selectors.length === 0 ? '' : '; other selectors verify';
}

function brokenSignature(n: Names): string[] {
  const key = `Compare the TXT record ${n.key} with the key that ${n.sender} signs with`;
  const gateway = 'Look for a gateway that changes messages after they were signed (footers, rewriting).';
  if (n.extent.ips !== null)
    return ['The other source IPs sign well: compare the key and the settings of the servers.', `${key}.`, gateway];
  if (n.extent.selectors.length > 0) return [`${key}: only this selector is broken.`, gateway];
  if (n.extent.reporters !== null)
    return [
      'Other receivers verify it: look for a DNS problem between that one and you, or a route that changes messages on the way to it.',
      `Check the TXT record ${n.key} from outside.`,
    ];
  return [`${key}: a rotated key is the usual cause.`, gateway];
}
