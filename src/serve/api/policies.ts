import { listOf } from '../../model/api.js';
import { policyRow } from '../../model/api-stats.js';
import { completeThrough } from '../complete.js';
import { endpoint } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { domainParameter, pageOf, pageParameters, partOf, rangeParameters, scopeOf } from '../query.js';
import { listAnswer, timeOf } from '../reply.js';

/** Which policy each domain published, since when. */
export function policies(context: ServeContext): Endpoint {
  return endpoint({
    summary: 'Published policies by domain, oldest first; of a day the one that most reports name',
    query: { ...rangeParameters, ...domainParameter, ...pageParameters(100, 1000) },
    answer: listOf(policyRow),
    handle: async (query) => {
      const scope = scopeOf(query, context.clock);
      const found = partOf(await context.reader.policies(scope), pageOf(query, 100));
      return listAnswer(
        found,
        (row) => ({ ...row, first_day: timeOf(row.first_day), last_day: timeOf(row.last_day) }),
        await completeThrough(context, scope.domains),
      );
    },
  });
}
