import type { FastifyRequest } from 'fastify';
import type { TokenScope } from '../model/token.js';

/** What a path asks of a token; `open` asks for none. */
export type RouteScope = TokenScope | 'open';

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly scope?: RouteScope;
  }
}

/** A path that declares nothing needs `read`: it is closed until somebody opens it. */
export function scopeOf({ routeOptions }: FastifyRequest): RouteScope {
  return routeOptions.config.scope ?? 'read';
}
