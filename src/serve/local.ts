import { isIP, isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { isLoopback } from './listener.js';
import { Refusal } from './refusal.js';

type Address = Pick<Config, 'listen' | 'public_url'>;
type Asked = Pick<FastifyRequest, 'headers'>;

/** What proxies add (RFC 7239, and the names from before it). */
const forwarding = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

/** Whether the listener is this machine's only, and the request does not come from elsewhere through a proxy that says so. */
export function isLocal(request: Asked, { listen }: Address): boolean {
  return (
    isLoopback(listen) && isNameHere(hostOf(request)) && forwarding.every((name) => request.headers[name] === undefined)
  );
}

/**
 * Throws the Refusal of a request under a name that is not ours, where only this machine is to read: a page elsewhere may lead a name
 * of its own to a loopback address, and a browser then lets it read the answers. Whoever shows a token is no such page.
 */
export function refuseForeignName(request: Asked, { listen, public_url }: Address): void {
  const known = public_url === null || !URL.canParse(public_url) ? null : new URL(public_url).hostname;
  if (!isLoopback(listen) && (known === null || !isNameHere(known))) return;
  const host = hostOf(request);
  if (host === known || isIP(bare(host)) !== 0 || isNameHere(host)) return;
  throw new Refusal(
    421,
    'misdirected',
    'ruawatch does not know the name that it was called by; set public_url (RUAWATCH_PUBLIC_URL) to the address that people type, or an api_token',
  );
}

/** The name without its port, in lower case; empty where the request has none (HTTP/1.0). */
function hostOf({ headers }: Asked): string {
  return (headers.host ?? '').replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
}

/** A loopback address, or a name that no name server outside gives: of one label, or below `localhost` (RFC 6761 section 6.3). */
function isNameHere(host: string): boolean {
  const address = bare(host);
  if (isIP(address) !== 0) return address === '::1' || (isIPv4(address) && address.startsWith('127.'));
  return !host.includes('.') || host.endsWith('.localhost');
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
