import Type from 'typebox';
import { alertRow, listOf } from '../../model/api.js';
import type { AlertRow } from '../../model/api.js';
import type { StoredAlert } from '../../store/store.js';
import { endpoint, wordParameter } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { domainParameter, domainsOf, pageOf, pageParameters, rangeOf, rangeParameters } from '../query.js';
import { Refusal } from '../refusal.js';
import { ignoredUntil, listAnswer, maybeTimeOf, timeOf } from '../reply.js';

/** Findings that were open at any moment of the range: critical first, then warning, then info; of each the last opened first. */
export function alerts({ reader, clock }: ServeContext): Endpoint {
  return endpoint({
    summary: 'Alerts that were open at any moment of the range, gravest first, then last opened first',
    query: {
      ...rangeParameters,
      ...domainParameter,
      status: wordParameter(['open', 'resolved'], 'Default: both.'),
      ...pageParameters(100, 1000),
    },
    answer: listOf(alertRow),
    handle: async (query) => {
      const { from, to } = rangeOf(query, clock);
      const choice = { from, to, status: query.status ?? null, domains: domainsOf(query.domain) };
      const now = Math.floor(clock.now() / 1000);
      return listAnswer(await reader.alerts(choice, pageOf(query, 100, 2)), (row) => present(row, now), null);
    },
  });
}

export const alertId = Type.String({ minLength: 1, maxLength: 100 });

/** Throws the Refusal for an id that nothing has. */
export async function alertOf({ reader }: ServeContext, id: string): Promise<StoredAlert> {
  const found = await reader.alert(id);
  if (found === null) throw new Refusal(404, 'not_found', 'there is no alert of this id', 'alert_id');
  return found;
}

/** An alert as it is now. */
export async function alertAnswer(context: ServeContext, id: string): Promise<AlertRow> {
  return present(await alertOf(context, id), Math.floor(context.clock.now() / 1000));
}

/** One finding with its evidence. */
export function alert(context: ServeContext): Endpoint {
  return endpoint({
    summary: 'One alert with its evidence',
    params: { alert_id: alertId },
    answer: alertRow,
    handle: async (_query, { alert_id }) => alertAnswer(context, alert_id),
  });
}

function present(row: StoredAlert, now: number): AlertRow {
  return {
    ...row,
    source_ips: [...row.source_ips],
    first_day: timeOf(row.first_day),
    last_day: timeOf(row.last_day),
    opened_at: timeOf(row.opened_at),
    updated_at: timeOf(row.updated_at),
    resolved_at: maybeTimeOf(row.resolved_at),
    told_at: maybeTimeOf(row.told_at),
    acked_at: maybeTimeOf(row.acked_at),
    ignored_until: maybeTimeOf(ignoredUntil(row, now)),
  };
}
