import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { daySeconds } from '../base/clock.js';
import type { ServeContext } from './endpoint.js';

/** Another run may have another configuration. */
const run = randomBytes(6).toString('base64url');

/**
 * The entity tag of what is stored (RFC 9110 section 8.8.3), weak: the version of the store and the time that the answer depends on.
 * A range that ends now moves with the clock, so its tag lasts a minute; a range with both ends moves with the last complete day.
 */
export async function entityTag({ reader, clock }: ServeContext, { query }: FastifyRequest): Promise<string> {
  const { from, to } = query as Readonly<Record<string, unknown>>;
  const lasts = from === undefined || to === undefined ? 60 : daySeconds;
  const moment = Math.floor(clock.now() / 1000 / lasts);
  return `W/"${run}-${await reader.version()}-${lasts === 60 ? 'm' : 'd'}${moment}"`;
}

/** Says that an answer may be kept, and is to be asked for again each time. */
export function markKept(reply: FastifyReply, tag: string): void {
  reply.header('etag', tag).header('cache-control', 'private, no-cache').header('vary', 'authorization, origin');
}

/** Whether the client has the answer of this tag (RFC 9110 section 13.1.2). */
export function hasTag({ headers }: FastifyRequest, tag: string): boolean {
  const known = headers['if-none-match'] ?? '';
  return known.trim() === '*' || known.split(',').some((each) => each.trim().replace(/^W\//, '') === tag.slice(2));
}
