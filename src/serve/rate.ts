import { isIP, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../base/clock.js';
import { scopeOf } from './scope.js';
import { Refusal } from './refusal.js';

export interface RateLimits {
  readonly httpRequestsPerMinute: number;
  readonly httpClients: number;
}

const minuteMs = 60_000;
/** A scrape and a probe come by themselves. */
const unlimited: readonly string[] = ['/healthz', '/readyz', '/metrics'];

/** Refuses the requests of a client beyond those of a minute, with the seconds after which it may ask again. */
export function limitRate(app: FastifyInstance, clock: Clock, limits: RateLimits): void {
  const counted = new Requests(limits);
  app.addHook('onRequest', (request, _reply, done) => {
    const path = request.routeOptions.url ?? '';
    const now = clock.now();
    // Mails that are posted have a bound of their own, by bytes.
    if (unlimited.includes(path) || scopeOf(request) === 'push' || counted.admit(clientOf(request), now)) return done();
    const message = `more than ${limits.httpRequestsPerMinute} requests in a minute; wait, then go on`;
    done(new Refusal(429, 'too_many', message).withHeaders({ 'retry-after': String(secondsLeft(now)) }));
  });
}

/** Seconds until the next minute begins; `now` in milliseconds. */
export function secondsLeft(now: number): number {
  return Math.ceil((minuteMs - (now % minuteMs)) / 1000);
}

/** Requests of the running minute by client. */
export class Requests {
  readonly #limits: RateLimits;
  readonly #counts = new Map<string, number>();
  #minute = -1;

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  /** Counts a request; false when it is one too many. `now` in milliseconds. Clients beyond the bound share one count. */
  admit(client: string, now: number): boolean {
    const minute = Math.floor(now / minuteMs);
    if (minute !== this.#minute) this.#counts.clear();
    this.#minute = minute;
    const isNew = !this.#counts.has(client);
    const key = isNew && this.#counts.size >= this.#limits.httpClients ? '' : client;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count <= this.#limits.httpRequestsPerMinute;
  }
}

/** Who asks: an address, behind a trusted proxy the one that it names. */
export function clientOf({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  // A proxy may pass on what is no address.
  return networkOf(isIP(ip) === 0 ? (socket.remoteAddress ?? '') : ip);
}

/** An IPv6 client has a whole /64 to ask from. */
export function networkOf(ip: string): string {
  const plain = ip.split('%', 1)[0] ?? '';
  if (!isIPv6(plain)) return plain;
  const address = ipaddr.process(plain);
  return address instanceof ipaddr.IPv6 ? address.parts.slice(0, 4).join(':') : address.toString();
}
