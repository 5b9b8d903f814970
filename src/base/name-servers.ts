import { Resolver } from 'node:dns/promises';

/** The DNS: name servers of the machine or of the configuration, or a zone in a test. Rejects with the codes of node:dns: ENOTFOUND, ENODATA, ESERVFAIL, ETIMEOUT … */
export interface NameServers {
  /** TXT records, each joined to one text. */
  txt(name: string): Promise<readonly string[]>;
  /** PTR records of a name below in-addr.arpa or ip6.arpa, as they are. */
  ptr(name: string): Promise<readonly string[]>;
  /** A records (4) or AAAA records (6). */
  addresses(name: string, family: 4 | 6): Promise<readonly string[]>;
  /** Ends the questions under way: they reject with ECANCELLED. */
  cancel(): void;
}

const lookupTimeoutMs = 2_000;

/** Name servers as `address` or `address:port`; none: those of the machine. Each question is asked once and takes 2 s at most. */
export function openNameServers(servers: readonly string[]): NameServers {
  const resolver = new Resolver({ timeout: lookupTimeoutMs, tries: 1 });
  if (servers.length > 0) resolver.setServers(servers);
  return {
    txt: async (name) => (await resolver.resolveTxt(name)).map((pieces) => pieces.join('')),
    ptr: (name) => resolver.resolvePtr(name),
    addresses: (name, family) => (family === 4 ? resolver.resolve4(name) : resolver.resolve6(name)),
    cancel: () => resolver.cancel(),
  };
}

/** Codes that say that nobody answered. */
export const noAnswer: ReadonlySet<string> = new Set(['ETIMEOUT', 'ECONNREFUSED', 'ECANCELLED']);
/** Codes that say that there is no such record. */
export const noRecord: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'ENODOMAIN']);
/** Asked for to learn whether any name server answers. It is reserved (RFC 2606 section 3), and tells nobody what mails we have. */
export const harmlessName = 'example.org';
