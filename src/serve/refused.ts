import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Busy, messageOf } from '../base/failure.js';
import { plainText } from '../base/text.js';
import { wantsPage } from './access.js';
import { document } from './document.js';
import { pagePolicy, strictHeaders } from './headers.js';
import { html, topFrom } from './markup.js';
import { clientOf } from './rate.js';
import { errorAnswerOf, Refusal } from './refusal.js';

/** Answers every error in one shape, and none with a stack trace. */
export function refuse(app: FastifyInstance): void {
  app.setNotFoundHandler((request) => {
    throw new Refusal(
      404,
      'not_found',
      `there is no ${plainText(request.method)} ${plainText(pathOf(request))}; /api/docs lists what there is`,
    );
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const refusal = refusalOf(error);
    if (refusal.status >= 500 && refusal.code !== 'busy') {
      request.log.error({ err: error, url: plainText(request.url), client: clientOf(request) }, 'request failed');
    }
    reply.code(refusal.status).headers(refusal.headers);
    if (refusal.status === 503) reply.header('retry-after', retrySeconds);
    if (!wantsPage(request) || forPrograms.test(request.url)) {
      return reply.type('application/json; charset=utf-8').send(errorAnswerOf(refusal));
    }
    return reply
      .header('content-security-policy', pagePolicy)
      .type('text/html; charset=utf-8')
      .send(pageOf(refusal, pathOf(request)));
  });
}

/** Answers a path that cannot be read. No hook sees such a request. */
export function answerUnrouted(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const refusal = refusalOf(error);
  reply.raw
    .writeHead(refusal.status, { ...strictHeaders, 'content-type': 'application/json; charset=utf-8' })
    .end(JSON.stringify(errorAnswerOf(refusal)));
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? '';
}

/** A full disk or a locked database seldom passes sooner. */
const retrySeconds = '30';

/** Their errors are JSON, whoever asks. */
const forPrograms = /^\/(api\/|metrics|healthz|readyz)/;

function pageOf({ status, message }: Refusal, path: string): string {
  const title = status === 404 ? 'Not found' : status === 401 ? 'The token is needed' : 'No answer';
  return document(
    `ruawatch: ${title}`,
    html`<p>${status}: ${message}.</p>
      <p><a href="${topFrom(path)}">All domains</a></p>`,
  );
}

function refusalOf(error: FastifyError | Refusal): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof Busy) {
    return new Refusal(503, 'busy', 'too many statistics are asked for at the moment; ask again later');
  }
  if (error.validation) return invalid(error.validation[0], error.validationContext);
  if (messageOf(error).startsWith('SQLITE') || String(error.code).startsWith('SQLITE_')) {
    return new Refusal(503, 'store_unavailable', 'the store cannot be read at the moment; the log says why');
  }
  const status = error.statusCode ?? 500;
  if (status === 413) return new Refusal(413, 'too_large', 'the request is too large');
  if (status === 415) {
    return new Refusal(415, 'unsupported_type', 'a body must be JSON, with content-type: application/json');
  }
  if (status >= 400 && status < 500) return new Refusal(status, 'bad_request', plainText(messageOf(error)));
  return new Refusal(500, 'internal', 'ruawatch failed to answer; the log says why');
}

type Invalid = NonNullable<FastifyError['validation']>[number];

/** Names the parameter, and what is allowed. */
function invalid(problem: Invalid | undefined, context: string | undefined): Refusal {
  const { missingProperty, additionalProperty, allowedValues } = (problem?.params ?? {}) as Readonly<
    Record<string, unknown>
  >;
  const where = problem?.instancePath.split('/')[1] ?? missingProperty ?? additionalProperty ?? null;
  const name = typeof where === 'string' ? plainText(where, 50) : null;
  return new Refusal(
    context === 'params' ? 404 : 400,
    context === 'params' ? 'not_found' : 'bad_parameter',
    words(),
    name,
  );

  function words(): string {
    if (additionalProperty !== undefined) return `${name ?? ''} is not a parameter of this path`;
    if (missingProperty !== undefined) return `${name ?? ''} is required`;
    if (Array.isArray(allowedValues)) return `${name ?? ''} must be one of ${allowedValues.join(', ')}`;
    return `${name ?? ''} ${problem?.message ?? 'is not valid'}`;
  }
}
