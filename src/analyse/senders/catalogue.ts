import type { SenderKind } from '../../model/sender.js';
import { senderKinds } from '../../model/sender.js';
import { services } from './services.js';

/** A well-known service that sends mail. Domains are organisational ones, lower case. */
export interface Service {
  readonly name: string;
  readonly kind: SenderKind;
  readonly dkim: readonly string[];
  readonly spf: readonly string[];
  readonly ptr: readonly string[];
}

/** Reads the lines of a catalogue. Throws an Error that names a line of another form. */
export function readCatalogue(lines: string): readonly Service[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map(serviceOf);
}

function serviceOf(line: string): Service {
  const [name, word, dkim, spf, ptr, ...more] = line.split(' | ');
  const kind = senderKinds.find((each) => each === word);
  if (name === undefined || kind === undefined || ptr === undefined || more.length > 0)
    throw new Error(`not a line of the catalogue: ${line}`);
  return { name, kind, dkim: domainsOf(dkim), spf: domainsOf(spf), ptr: domainsOf(ptr) };
}

function domainsOf(field = '-'): readonly string[] {
  return field === '-' ? [] : field.split(' ');
}

export const catalogue = readCatalogue(services);

const byDomain = new Map(
  catalogue.flatMap((service) => [...service.dkim, ...service.spf, ...service.ptr].map((domain) => [domain, service])),
);

/** The service that an organisational domain (lower case) belongs to; null when the catalogue has none. */
export function findService(domain: string): Service | null {
  return byDomain.get(domain) ?? null;
}

const passersOn: ReadonlySet<SenderKind> = new Set([
  'mailbox_provider',
  'security_gateway',
  'forwarder',
  'mailing_list',
  'hosting',
]);

/** Whether a service of the kind sends for its customers, and does not pass on what others sent. */
export function isSendingService(kind: SenderKind | null): boolean {
  return kind !== null && !passersOn.has(kind);
}
