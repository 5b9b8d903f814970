/** A host or service that sends mail; the addresses are from the documentation ranges (RFC 5737, RFC 3849). */
export interface Sender {
  readonly name: string;
  readonly ips: readonly string[];
}

/** A mail service that sends for several domains, with its own bounce domain and its own DKIM signature beside the customer's. */
export interface MailService extends Sender {
  readonly dkimDomain: string;
  readonly selector: string;
  readonly bounceDomain: string;
}

/** Sends for the first policy domain only, until it breaks. */
export const breakingSender: Sender = { name: 'app-1', ips: ['198.51.100.21'] };

export const ownServers = {
  mta1: { name: 'mta-1', ips: ['198.51.100.11'] },
  mta2: { name: 'mta-2', ips: ['198.51.100.12'] },
  mta3: { name: 'mta-3', ips: ['198.51.100.13'] },
  breaking: breakingSender,
  six1: { name: 'mta-6a', ips: ['2001:db8:10::25'] },
  six2: { name: 'mta-6b', ips: ['2001:db8:20::25'] },
} as const satisfies Record<string, Sender>;

export const mailServices = {
  mailpost: {
    name: 'Mailpost',
    ips: ['203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.4'],
    dkimDomain: 'mailpost.test',
    selector: 'mp2',
    bounceDomain: 'bounce.mailpost.test',
  },
  sendwell: {
    name: 'Sendwell',
    ips: ['203.0.113.17', '203.0.113.18', '203.0.113.19'],
    dkimDomain: 'sendwell.test',
    selector: 's1024',
    bounceDomain: 'return.sendwell.test',
  },
  newsloop: {
    name: 'Newsloop',
    ips: ['203.0.113.33', '203.0.113.34'],
    dkimDomain: 'newsloop.test',
    selector: 'loop',
    bounceDomain: 'b.newsloop.test',
  },
} as const satisfies Record<string, MailService>;

/** `rewrites`: puts its own domain into the envelope, so that SPF passes, unaligned. */
export interface Forwarder extends Sender {
  readonly domain: string;
  readonly rewrites: boolean;
}

export const forwarders: readonly Forwarder[] = [
  { name: 'Alumni relay', domain: 'relay.alumni.test', ips: ['203.0.113.65', '203.0.113.66'], rewrites: false },
  { name: 'Clubs relay', domain: 'fwd.clubs.test', ips: ['203.0.113.70'], rewrites: true },
];

export interface MailingList extends Sender {
  readonly domain: string;
}

export const mailingLists: readonly MailingList[] = [
  { name: 'Openforge lists', domain: 'lists.openforge.test', ips: ['203.0.113.97'] },
  { name: 'Town groups', domain: 'groups.town.test', ips: ['203.0.113.99', '203.0.113.100'] },
];

/** Whoever forges our domains sends from here, each day from other addresses. */
export const spoofingNetworks = ['203.0.113.128/25', '2001:db8:bad::/48'] as const;
