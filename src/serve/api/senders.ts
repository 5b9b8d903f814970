import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { plainText } from '../../base/text.js';
import { errorAnswer, listOf, senderRow } from '../../model/api.js';
import { endpoint } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { domainParameter, domainsOf, pageOf, pageParameters } from '../query.js';
import { Refusal } from '../refusal.js';
import { listAnswer, maybeTimeOf, timeOf } from '../reply.js';

/** The senders of each domain, as the last evaluation left them. */
export function senders({ reader }: ServeContext): Endpoint {
  return endpoint({
    summary: 'Senders of each policy domain: what named them, their class and why; known ones first',
    query: { ...domainParameter, ...pageParameters(100, 1000) },
    answer: listOf(senderRow),
    handle: async (query) =>
      listAnswer(
        await reader.senders(domainsOf(query.domain), pageOf(query, 100)),
        (row) => ({
          ...row,
          decision_until: maybeTimeOf(row.decision_until),
          updated_at: timeOf(row.updated_at),
        }),
        null,
      ),
  });
}

const body = Type.Object(
  {
    domain: Type.String({ minLength: 1, maxLength: 255, description: 'Policy domain.' }),
    sender: Type.String({ minLength: 1, maxLength: 255, description: 'As the list of senders names it.' }),
    decision: Type.Unsafe<'known' | 'ignore' | 'threat' | 'none'>({
      type: 'string',
      enum: ['known', 'ignore', 'threat', 'none'],
      description: 'none takes an earlier decision back.',
    }),
    until: Type.Optional(Type.String({ maxLength: 40, description: 'ISO 8601: when it ends. Default: never.' })),
    title: Type.Optional(Type.String({ maxLength: 64, description: 'A name for people; empty takes it back.' })),
  },
  { additionalProperties: false },
);

type Body = Type.Static<typeof body>;

const schema = {
  summary: 'Says what a sender is; the next evaluation goes by it',
  tags: ['statistics'],
  body,
  response: {
    200: Type.Object({ status: Type.Literal('ok') }),
    400: errorAnswer,
    401: errorAnswer,
    403: errorAnswer,
    404: errorAnswer,
    429: errorAnswer,
    503: errorAnswer,
  },
};

/** POST /api/v1/senders/decision. */
export function decide(app: FastifyInstance, context: ServeContext): void {
  app.post<{ Body: Body }>(
    '/api/v1/senders/decision',
    {
      schema,
      config: { scope: 'admin' },
    },
    async ({ body: { domain, sender, decision, until, title } }) => {
      const done = await context
        .decide({
          domain: domain.toLowerCase(),
          sender,
          decision: decision === 'none' ? null : decision,
          until: until === undefined ? null : momentOf(until),
          title: title === undefined ? null : plainText(title, 64),
          by: 'the API',
        })
        .catch(() => null);
      if (done === null)
        throw new Refusal(503, 'store_unavailable', 'the decision could not be stored; try again later');
      if (!done) throw new Refusal(404, 'not_found', 'the domain has no such sender', 'sender');
      return { status: 'ok' };
    },
  );
}

function momentOf(text: string): number {
  const moment = Date.parse(text);
  if (Number.isNaN(moment)) throw new Refusal(400, 'bad_parameter', 'until is no ISO 8601 date or time', 'until');
  return Math.floor(moment / 1000);
}
