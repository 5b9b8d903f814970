import { listOf, reporterRow } from '../../model/api.js';
import { completeThrough } from '../complete.js';
import { endpoint } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { filterParameters, pageOf, pageParameters, rangeParameters, scopeOf } from '../query.js';
import { listAnswer, maybeTimeOf, passRate } from '../reply.js';

/** Reporters whose reports speak of a day in the range, most messages first. */
export function reporters(context: ServeContext): Endpoint {
  return endpoint({
    summary: 'Reporters with their reports and sums',
    query: { ...rangeParameters, ...filterParameters, ...pageParameters(100, 1000) },
    answer: listOf(reporterRow),
    handle: async (query) => {
      const scope = scopeOf(query, context.clock);
      const found = await context.reader.reporters(scope, pageOf(query, 100));
      const complete = await completeThrough(context, scope.domains);
      return listAnswer(
        found,
        (row) => ({ ...row, pass_rate: passRate(row), last_report_at: maybeTimeOf(row.last_report_at) }),
        complete,
      );
    },
  });
}
