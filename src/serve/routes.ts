import type { FastifyInstance, FastifyReply } from 'fastify';
import Type from 'typebox';
import { errorAnswer, healthAnswer, readyAnswer } from '../model/api.js';
import type { Evidence } from '../model/finding.js';
import type { Metrics } from '../observe/observe.js';
import type { MayRead } from './access.js';
import { alertPage } from './alert-page.js';
import { alertActions } from './api/alert-actions.js';
import { alert, alertId, alertOf, alerts } from './api/alerts.js';
import { annotations } from './api/annotations.js';
import { auth } from './api/auth.js';
import { coverage } from './api/coverage.js';
import { daily } from './api/daily.js';
import { delays } from './api/delays.js';
import { domains } from './api/domains.js';
import { mails } from './api/mails.js';
import { policies } from './api/policies.js';
import { push } from './api/push.js';
import { records, report, reports } from './api/reports.js';
import { reporters } from './api/reporters.js';
import { senderStats } from './api/sender-stats.js';
import { decide, senders } from './api/senders.js';
import { sourceRecords } from './api/source-records.js';
import { sources } from './api/sources.js';
import { status } from './api/status.js';
import { variables } from './api/variables.js';
import type { Tag } from './documentation.js';
import type { Endpoint, ServeContext } from './endpoint.js';
import { entityTag, hasTag, markKept } from './etag.js';
import { pagePolicy } from './headers.js';
import { readiness } from './health.js';
import { domainParameter } from './query.js';
import { overviewPage } from './page.js';

/** What the paths for watchers need. */
interface Watched {
  readonly metrics: Metrics;
  readonly mayRead: MayRead;
}

/** Every path of the service; /api/docs and its JSON come with the plugin. */
export function routes(app: FastifyInstance, context: ServeContext, watched: Watched): void {
  const at = { app, context };
  json(at, '/api/v1/domains', 'statistics', domains(context));
  json(at, '/api/v1/stats/daily', 'statistics', daily(context));
  json(at, '/api/v1/stats/sources', 'statistics', sources(context));
  json(at, '/api/v1/stats/senders', 'statistics', senderStats(context));
  json(at, '/api/v1/stats/auth', 'statistics', auth(context));
  json(at, '/api/v1/stats/coverage', 'statistics', coverage(context));
  json(at, '/api/v1/stats/policies', 'statistics', policies(context));
  json(at, '/api/v1/stats/delays', 'statistics', delays(context));
  json(at, '/api/v1/stats/records', 'statistics', sourceRecords(context));
  json(at, '/api/v1/stats/variables', 'statistics', variables(context));
  json(at, '/api/v1/senders', 'statistics', senders(context));
  json(at, '/api/v1/reporters', 'statistics', reporters(context));
  json(at, '/api/v1/reports', 'store', reports(context));
  json(at, '/api/v1/reports/:id', 'store', report(context));
  json(at, '/api/v1/reports/:id/records', 'store', records(context));
  json(at, '/api/v1/mails', 'store', mails(context));
  json(at, '/api/v1/alerts', 'alerts', alerts(context));
  json(at, '/api/v1/alerts/annotations', 'alerts', annotations(context));
  json(at, '/api/v1/alerts/:alert_id', 'alerts', alert(context));
  json(at, '/api/v1/status', 'service', status(context));
  push(app, context);
  decide(app, context);
  alertActions(app, context);
  people(app, context);
  machine(app, context, watched);
}

/** Pages. */
function people(app: FastifyInstance, context: ServeContext): void {
  app.get<{ Querystring: { domain?: string } }>(
    '/',
    {
      schema: {
        tags: ['pages'],
        summary: 'Overview for people',
        querystring: Type.Object(domainParameter),
        response: html,
      },
    },
    async ({ query }, reply) => page(reply, await overviewPage(context, query.domain ?? null)),
  );
  app.get<{ Params: { alert_id: string } }>(
    '/alerts/:alert_id',
    {
      schema: {
        tags: ['pages'],
        summary: 'One alert for people',
        params: Type.Object({ alert_id: alertId }),
        response: html,
      },
    },
    async ({ params }, reply) => {
      const alert = await alertOf(context, params.alert_id);
      const { sources } = alert.evidence as Evidence;
      const names = await context.reader.ptrNames(sources.map(({ ip }) => ip));
      return page(reply, alertPage(alert, names, Math.floor(context.clock.now() / 1000)));
    },
  );
}

function page(reply: FastifyReply, text: string): FastifyReply {
  return reply.header('content-security-policy', pagePolicy).type('text/html; charset=utf-8').send(text);
}

/** What watchers fetch. */
function machine(app: FastifyInstance, context: ServeContext, { metrics, mayRead }: Watched): void {
  app.get(
    '/healthz',
    { config: open, schema: { ...service, summary: 'The process is alive', response: { 200: healthAnswer } } },
    () => Promise.resolve({ status: 'ok' }),
  );
  const ready = { 200: readyAnswer, 503: readyAnswer };
  app.get(
    '/readyz',
    { config: open, schema: { ...service, summary: 'The store can be read, mailboxes are polled', response: ready } },
    async (request, reply) => {
      const answer = await readiness(context);
      // The checks name mailboxes and quote their servers.
      const told = (await mayRead(request)) ? answer : { ...answer, checks: [] };
      return reply.code(answer.status === 'ok' ? 200 : 503).send(told);
    },
  );
  app.get(
    '/metrics',
    { schema: { ...service, summary: 'Prometheus metrics', response: plainText } },
    async (_request, reply) => {
      const { contentType, body } = await metrics.render();
      return reply.type(contentType).send(body);
    },
  );
}

const service = { tags: ['service'] };
/** No token guards them. */
const open = { scope: 'open' } as const;

const html = { 200: { description: 'A page.', content: { 'text/html': { schema: Type.String() } } } };
const plainText = { 200: { description: 'Exposition format.', content: { 'text/plain': { schema: Type.String() } } } };

const notModified = { description: 'The client has this answer: the tag of If-None-Match is still that of the store.' };

/** Answers that depend on nothing but what is stored, the configuration and the day. */
const kept: readonly Tag[] = ['statistics', 'store'];

function json(
  { app, context }: { readonly app: FastifyInstance; readonly context: ServeContext },
  url: string,
  tag: Tag,
  { summary, query, params, answer, handle }: Endpoint,
): void {
  const response = {
    200: answer,
    304: notModified,
    400: errorAnswer,
    401: errorAnswer,
    403: errorAnswer,
    404: errorAnswer,
    429: errorAnswer,
    500: errorAnswer,
  };
  const schema = { summary, tags: [tag], querystring: query, params, response };
  app.get(url, { schema }, async (request, reply) => {
    if (!kept.includes(tag)) return handle(request.query, request.params);
    // Read before the answer is: a write in between makes the tag too old, never too new.
    const tagNow = await entityTag(context, request);
    if (hasTag(request, tagNow)) {
      markKept(reply, tagNow);
      return reply.code(304).send();
    }
    const rows = await handle(request.query, request.params);
    markKept(reply, tagNow);
    return rows;
  });
}
