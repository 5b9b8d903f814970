import type { Classified, KindDay, Sender, SenderKind, SenderSums } from '../../model/sender.js';

/** How messages ended: a column of KindDay. */
export type Kind = Exclude<keyof KindDay, 'day'>;

export const failingKinds: readonly Kind[] = ['forwarded', 'signed', 'elsewhere', 'error', 'nothing'];
const passingKinds: readonly Kind[] = ['both', 'spf', 'dkim', 'relayed'];

/** Of whom the messages are. */
export interface ClassFacts extends Pick<Sender, 'known' | 'decision'> {
  readonly kind: SenderKind | null;
}

/** The class of messages by the ordered steps of docs/detection.md. The operator's word comes before all of them. */
export function classify(kind: Kind, facts: ClassFacts): Classified {
  const { known, decision } = facts;
  if (decision?.kind === 'threat') return step(0, 'unauthenticated', `${decision.by} said that it is a threat`);
  if (passingKinds.includes(kind)) return known === null ? passing(kind) : step(1, 'known', known);
  if (kind === 'forwarded') return step(3, 'forwarder', 'the receiver says that the mail was forwarded');
  if (known !== null) return step(4, 'known', known);
  return failing(kind, facts);
}

function passing(kind: Kind): Classified {
  switch (kind) {
    case 'relayed':
      return step(2, 'forwarder', 'only our DKIM signature passes, SPF is that of whoever passed the mail on');
    case 'dkim':
      return step(2, 'third_party', 'only DKIM passes for us, and too little mail came to know the sender');
    default:
      return step(8, 'unknown', 'SPF passes for us, and too little mail came to know the sender');
  }
}

/** The step of mail whose signature of ours was spoilt on its way. */
export const forwarderStep = 5;

/** Of a known sender whose mail looked passed on. */
export const noForwarder: Classified = {
  class: 'known',
  step: 4,
  evidence: 'it looked like a forwarder, and what fails now is its own mail',
};

function failing(kind: Kind, { kind: service }: ClassFacts): Classified {
  switch (kind) {
    case 'signed':
      return step(
        forwarderStep,
        'forwarder',
        'our signature is there and does not verify: the mail was changed on its way',
      );
    case 'elsewhere':
      if (service === 'forwarder' || service === 'mailing_list')
        return step(6, 'forwarder', 'DKIM or SPF passes for a service that forwards mail');
      return step(6, 'third_party', 'DKIM or SPF passes for a domain that is not aligned');
    case 'nothing':
      return step(7, 'unauthenticated', 'nothing passes');
    default:
      return step(8, 'unknown', 'the receiver had DNS errors or no results');
  }
}

function step(number: number, to: Classified['class'], evidence: string): Classified {
  return { class: to, step: number, evidence };
}

/**
 * The class that a sender is shown with: that of most of its failing messages, of most of its passing ones when none fail. When some
 * fail and some pass, the evidence says of how many it speaks.
 */
export function classOfSender(
  sums: Omit<SenderSums, 'spfDays' | 'dkimDays' | 'dkimReporters'>,
  facts: ClassFacts,
): Classified {
  if (facts.known !== null && facts.decision?.kind !== 'threat') return classify('both', facts);
  const most = (kinds: readonly Kind[]) =>
    kinds.reduce<Kind | null>((best, kind) => (sums[kind] > (best === null ? 0 : sums[best]) ? kind : best), null);
  const failing = most(failingKinds);
  const passing = most(passingKinds);
  const classified = classify(failing ?? passing ?? 'error', facts);
  if (failing === null || passing === null || classified.step === 0) return classified;
  const messages = (kinds: readonly Kind[]) => kinds.reduce((sum, kind) => sum + sums[kind], 0);
  const failed = messages(failingKinds);
  const all = failed + messages(passingKinds);
  return {
    ...classified,
    evidence: `of ${all.toLocaleString('en-US')} messages ${failed.toLocaleString('en-US')} fail: ${classified.evidence}`,
  };
}
