import type { FastifyInstance } from 'fastify';

const common: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** Nothing in an answer may load or run anything. */
export const strictPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/** The page has a style sheet of its own inside. */
export const pagePolicy = `default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;
/** The page of the API is a script of its own package. */
export const docsPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Headers of an answer that shows nothing of the store. */
export const strictHeaders: Readonly<Record<string, string>> = {
  ...common,
  'cache-control': 'no-store',
  'content-security-policy': strictPolicy,
};

/** Headers of every answer, refusals included; a path may have set its own content policy or cache control before. */
export function secureHeaders(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, _payload, done) => {
    for (const [name, value] of Object.entries(common)) reply.header(name, value);
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    if (!reply.hasHeader('content-security-policy')) {
      const docs = request.routeOptions.url?.startsWith('/api/docs') ?? false;
      reply.header('content-security-policy', docs ? docsPolicy : strictPolicy);
    }
    done();
  });
}
