import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Refusal } from './refusal.js';

const alwaysOpen: readonly string[] = ['/healthz', '/readyz'];

/** Pages, which links lead to. */
const pages = /^\/($|alerts\/|api\/docs($|\/))/;

/** Taken by POST with a rule of its own: `refusePush`. */
export const pushPath = '/api/v1/mails';

export interface Access {
  readonly token: string | null;
  /** Whether only this machine reaches the listener. */
  readonly loopback: boolean;
}

/** With a token set, everything needs it that is not named open here: a new path is closed until somebody opens it. */
export function guard(app: FastifyInstance, { token, loopback }: Access): void {
  if (token === null) return;
  const expected = digest(token);
  app.addHook('onRequest', (request, reply, done) => {
    const path = pathOf(request);
    if (request.method === 'POST' && path === pushPath) return done();
    if (alwaysOpen.includes(path) || (path === '/metrics' && loopback)) return done();
    if (presented(request.headers.authorization).some((each) => timingSafeEqual(digest(each), expected))) {
      return done();
    }
    const browser = pages.test(path) || wantsPage(request);
    // Asked with Basic, a browser shows its dialogue; programs are told what they should send.
    reply.header('www-authenticate', browser ? [basic, bearer] : bearer);
    done(new Refusal(401, 'unauthorized', unauthorized(browser)));
  });
}

/** Posting needs a bearer token even where reading is open, and no browser's password will do: a page elsewhere could make it post. */
export function refusePush(
  { headers }: FastifyRequest,
  { push_token: push, api_token: api }: { readonly push_token: string | null; readonly api_token: string | null },
): void {
  const tokens = [push, api].flatMap((token) => (token === null ? [] : [digest(token)]));
  if (tokens.length === 0) {
    throw new Refusal(403, 'forbidden', 'nobody may post mails until push_token (RUAWATCH_PUSH_TOKEN) is set');
  }
  const given = digest(bearerOf(headers.authorization));
  if (tokens.filter((token) => timingSafeEqual(given, token)).length > 0) return;
  throw new Refusal(401, 'unauthorized', 'give the push_token as Authorization: Bearer TOKEN');
}

/** What people do to alerts needs the bearer token of the API, for the same reason. */
export function refuseAction(
  { headers }: FastifyRequest,
  { api_token: token }: { readonly api_token: string | null },
): void {
  if (token === null) {
    throw new Refusal(403, 'forbidden', 'nobody may change alerts until api_token (RUAWATCH_API_TOKEN) is set');
  }
  if (timingSafeEqual(digest(bearerOf(headers.authorization)), digest(token))) return;
  throw new Refusal(401, 'unauthorized', 'give the api_token as Authorization: Bearer TOKEN');
}

function bearerOf(header: string | undefined): string {
  return /^bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? '';
}

const basic = 'Basic realm="ruawatch", charset="UTF-8"';
const bearer = 'Bearer realm="ruawatch"';

/** Whether a person asks: browsers want HTML when somebody follows a link. */
export function wantsPage({ headers }: FastifyRequest): boolean {
  return headers.accept?.toLowerCase().includes('text/html') ?? false;
}

function unauthorized(browser: boolean): string {
  const how = 'give the api_token as Authorization: Bearer TOKEN';
  return browser ? `${how}, or as the password` : how;
}

/** The path that the router matched, else the one asked for. */
function pathOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? request.url.split('?', 1)[0] ?? '';
}

/** A browser can only send a name and a password: the password is the token. */
function presented(header: string | undefined): string[] {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+) *$/.exec(header ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return [value];
  if (scheme.toLowerCase() !== 'basic') return [];
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? [] : [text.slice(colon + 1)];
}

/** Digests have one length, so comparing them tells nothing about the token. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
