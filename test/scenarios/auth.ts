import type { Auth } from './history.js';

const ours = 'example.org';
const sign = (domain: string, selector: string, result = 'pass') => ({ domain, selector, result });
const passing = { dkim: 'pass', spf: 'pass' } as const;
const failing = { dkim: 'fail', spf: 'fail' } as const;
const byDkim = { dkim: 'pass', spf: 'fail' } as const;
const bySpf = { dkim: 'fail', spf: 'pass' } as const;

/** A server of ours: it signs, and our SPF record names it. */
export const server = {
  well: auth(passing, [sign(ours, 's1')], ours, 'pass'),
  /** Its address is no longer in our SPF record. */
  notInSpf: auth(byDkim, [sign(ours, 's1')], ours, 'softfail'),
  unsigned: auth(bySpf, [], ours, 'pass'),
  wrongKey: auth(bySpf, [sign(ours, 's1', 'fail')], ours, 'pass'),
  /** DNS did not answer when the reporter asked for the key. */
  keyNotFetched: auth(bySpf, [sign(ours, 's1', 'temperror')], ours, 'pass'),
  /** Neither. */
  broken: auth(failing, [sign(ours, 's1', 'fail')], ours, 'softfail'),
};

/** A server of ours that bounces to a name of its own, so that DKIM alone carries it. */
export const signer = {
  well: auth(byDkim, [sign(ours, 's1')], 'mta.example', 'none'),
  unsigned: auth(failing, [], 'mta.example', 'none'),
};

/** A sending service that signs for us and for itself, and takes the bounces. */
export const service = {
  well: auth(byDkim, [sign(ours, 's1'), sign('mailer.example', 'k1')], 'bounce.mailer.example', 'pass'),
  /** Our key in it is not the one in DNS. */
  wrongKey: {
    ...auth(failing, [sign(ours, 's1', 'fail'), sign('mailer.example', 'k1')], 'bounce.mailer.example', 'pass'),
    disposition: 'reject' as const,
  },
  /** Nobody told it to sign for us. */
  unaligned: auth(failing, [sign('mailer.example', 'k1')], 'bounce.mailer.example', 'pass'),
};

/** A sending service that signs for us alone, with a key of its own, and takes the bounces: its mail looks passed on. */
export const discreet = {
  well: auth(byDkim, [sign(ours, 's2')], 'bounce.mailer.example', 'pass'),
  wrongKey: auth(failing, [sign(ours, 's2', 'fail')], 'bounce.mailer.example', 'pass'),
};

export const forwarder = {
  /** The envelope stays ours. */
  plain: auth(byDkim, [sign(ours, 's1')], ours, 'fail'),
  /** It rewrites the envelope (SRS). */
  rewriting: auth(byDkim, [sign(ours, 's1')], 'forwarder.example', 'pass'),
  /** It changes the mail too, and the reporter does not say that it is a forwarder. */
  spoiling: auth(failing, [sign(ours, 's1', 'fail')], 'forwarder.example', 'pass'),
  /** Of mail that the discreet service sends. */
  ofService: auth(byDkim, [sign(ours, 's2')], 'forwarder.example', 'pass'),
  spoilingService: auth(failing, [sign(ours, 's2', 'fail')], 'forwarder.example', 'pass'),
};

/** A mailing list that puts a footer under the mail; the reporter says what it is. */
export const list: Auth = {
  ...auth(failing, [sign(ours, 's1', 'fail'), sign('list.example', 'l1')], 'list.example', 'pass'),
  reason: 'mailing_list',
};

/** Forged mail. */
export const forged = auth(failing, [], ours, 'fail');
export const forgedRejected: Auth = { ...forged, disposition: 'reject' };

/** DNS did not answer the reporter. */
export const temperror = auth(failing, [sign(ours, 's1', 'temperror')], ours, 'temperror');

function auth(evaluated: Auth['evaluated'], dkim: Auth['dkim'], spfDomain: string, spfResult: string): Auth {
  return { evaluated, dkim, spf: [{ domain: spfDomain, result: spfResult }] };
}
