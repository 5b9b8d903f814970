import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Refusal } from './refusal.js';

const alwaysOpen: readonly string[] = ['/healthz', '/readyz'];

/** Paths that people open in a browser, which can only ask for a name and a password. */
const forBrowsers = /^\/($|api\/docs($|\/))/;

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
    if (alwaysOpen.includes(path) || (path === '/metrics' && loopback)) return done();
    const browser = forBrowsers.test(path);
    if (presented(request.headers.authorization, browser).some((each) => timingSafeEqual(digest(each), expected))) {
      return done();
    }
    reply.header('www-authenticate', browser ? 'Basic realm="ruawatch", charset="UTF-8"' : 'Bearer realm="ruawatch"');
    done(new Refusal(401, 'unauthorized', unauthorized(browser)));
  });
}

function unauthorized(browser: boolean): string {
  const how = 'give the api_token as Authorization: Bearer TOKEN';
  return browser ? `${how}, or as the password` : how;
}

/** The path that the router matched, else the one asked for. */
function pathOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? request.url.split('?', 1)[0] ?? '';
}

function presented(header: string | undefined, basic: boolean): string[] {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+) *$/.exec(header ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return [value];
  if (!basic || scheme.toLowerCase() !== 'basic') return [];
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? [] : [text.slice(colon + 1)];
}

/** Digests have one length, so comparing them tells nothing about the token. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
