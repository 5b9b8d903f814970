import type { FastifyInstance } from 'fastify';

const answersKeptSeconds = 600;

/** Lets pages of the given origins read answers (Fetch standard, CORS protocol); without any no header is sent. */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    reply.header('vary', 'origin');
    if (origin === undefined || !origins.includes(origin)) return done();
    reply.header('access-control-allow-origin', origin).header('access-control-expose-headers', 'etag, retry-after');
    if (request.method !== 'OPTIONS') return done();
    // It is asked without the token, so it is answered before the token is looked at.
    reply
      .header('access-control-allow-methods', 'GET')
      .header('access-control-allow-headers', 'authorization, if-none-match')
      .header('access-control-max-age', answersKeptSeconds)
      .code(204)
      .send();
  });
}
