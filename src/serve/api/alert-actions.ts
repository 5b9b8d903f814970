import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { instantOf } from '../../base/clock.js';
import { plainText } from '../../base/text.js';
import { alertRow, errorAnswer } from '../../model/api.js';
import type { AlertAction } from '../../model/telling.js';
import type { ServeContext } from '../endpoint.js';
import { Refusal } from '../refusal.js';
import { alertAnswer, alertId } from './alerts.js';

const untilText = Type.String({ maxLength: 40, description: 'YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ, in UTC.' });
const given = Type.Object({ until: Type.Optional(untilText) }, { additionalProperties: false });
const nothing = Type.Object({}, { additionalProperties: false });

interface Asked {
  readonly Params: { alert_id: string };
  readonly Querystring: { until?: string };
  readonly Body: { until?: string } | null | undefined;
}

/** POST /api/v1/alerts/{alert_id}/ack, /ignore and /resolve. */
export function alertActions(app: FastifyInstance, context: ServeContext): void {
  const add = (
    kind: AlertAction['kind'],
    summary: string,
    actionOf: (until: string | undefined, now: number) => AlertAction,
  ) => {
    app.post<Asked>(
      `/api/v1/alerts/:alert_id/${kind}`,
      {
        schema: schemaOf(summary, kind === 'ignore' ? given : nothing),
        config: { scope: 'admin' },
      },
      async ({ params, query, body }) => {
        const now = Math.floor(context.clock.now() / 1000);
        await act(context, params.alert_id, actionOf(query.until ?? body?.until, now));
        return alertAnswer(context, params.alert_id);
      },
    );
  };
  add('ack', 'Takes an alert in hand: no reminders, its end is told', () => ({ kind: 'ack' }));
  add('resolve', 'Ends an alert by hand; later failures open it again', () => ({ kind: 'resolve' }));
  add('ignore', 'Nothing is told of what the alert is about until a moment', (until, now) => ({
    kind: 'ignore',
    until: untilOf(until, now),
  }));
}

function schemaOf(summary: string, query: typeof given | typeof nothing) {
  return {
    summary,
    description:
      'Needs a bearer token with the scope admin, or api_token. `until` may be in the query or in a JSON body.',
    tags: ['alerts'],
    params: Type.Object({ alert_id: alertId }),
    querystring: query,
    response: {
      200: alertRow,
      400: errorAnswer,
      401: errorAnswer,
      403: errorAnswer,
      404: errorAnswer,
      409: errorAnswer,
      429: errorAnswer,
      503: errorAnswer,
    },
  };
}

async function act({ act: ask }: ServeContext, id: string, action: AlertAction): Promise<void> {
  const result = await ask(id, action).catch(() => null);
  if (result === 'done') return;
  if (result === 'gone') throw new Refusal(404, 'not_found', 'there is no alert of this id', 'alert_id');
  if (result === 'over') throw new Refusal(409, 'resolved', 'the alert is resolved already', 'alert_id');
  throw new Refusal(503, 'store_unavailable', 'it could not be stored; try again later, the log says why');
}

function untilOf(text: unknown, now: number): number {
  const until = typeof text === 'string' ? instantOf(text) : null;
  if (until !== null && until > now) return until;
  const shown = typeof text === 'string' ? plainText(text, 40) : 'nothing';
  throw new Refusal(
    400,
    'bad_parameter',
    `until must be a day or time to come, YYYY-MM-DD in UTC; it is ${shown}`,
    'until',
  );
}
