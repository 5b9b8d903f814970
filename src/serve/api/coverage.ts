import { listOf } from '../../model/api.js';
import { coverageRow } from '../../model/api-stats.js';
import { completeThrough, isComplete } from '../complete.js';
import { endpoint } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { domainParameter, pageParameters, partOf, pageOf, rangeParameters, scopeOf } from '../query.js';
import { listAnswer, timeOf } from '../reply.js';

/** Per event day, whether those who usually report did. */
export function coverage(context: ServeContext): Endpoint {
  return endpoint({
    summary: 'Reporters per UTC event day beside those that usually report, oldest first',
    query: { ...rangeParameters, ...domainParameter, ...pageParameters(1_000, 10_000) },
    answer: listOf(coverageRow),
    handle: async (query) => {
      const asked = scopeOf(query, context.clock);
      const scope = { ...asked, to: Math.min(asked.to, Math.floor(context.clock.now() / 1000)) };
      const through = await completeThrough(context, scope.domains);
      const found = partOf(await context.reader.coverage(scope), pageOf(query, 1_000));
      return listAnswer(
        found,
        ({ day, missing, ...row }) => ({
          day: timeOf(day),
          complete: isComplete(day, through),
          ...row,
          coverage: row.expected === 0 ? null : row.present / row.expected,
          missing: missing.join(', '),
        }),
        through,
      );
    },
  });
}
