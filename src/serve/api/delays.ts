import { listOf } from '../../model/api.js';
import { delayRow } from '../../model/api-stats.js';
import { endpoint } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { domainParameter, pageOf, pageParameters, partOf, rangeParameters, scopeOf } from '../query.js';
import { listAnswer, timeOf } from '../reply.js';

/** How late reports come, and how long an alert takes once its report is there. */
export function delays({ reader, clock }: ServeContext): Endpoint {
  return endpoint({
    summary: 'Delays of reports and of alerts per UTC day of arrival, oldest first; days without either are left out',
    query: { ...rangeParameters, ...domainParameter, ...pageParameters(1_000, 10_000) },
    answer: listOf(delayRow),
    handle: async (query) => {
      const found = partOf(await reader.delays(scopeOf(query, clock)), pageOf(query, 1_000));
      return listAnswer(found, (row) => ({ ...row, day: timeOf(row.day) }), null);
    },
  });
}
