import Type from 'typebox';
import { listOf } from '../../model/api.js';
import { policyRow } from '../../model/api-stats.js';
import { completeThrough } from '../complete.js';
import { endpoint } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { policiesNow, steps } from '../policy-now.js';
import { domainParameter, pageOf, pageParameters, partOf, rangeParameters, scopeOf } from '../query.js';
import { listAnswer, maybeTimeOf, timeOf } from '../reply.js';

const current = Type.Optional(
  Type.Boolean({
    default: false,
    description:
      'true: the last policy of each domain only, a row a domain. A tag that a report does not name is no change; one that none names is what that means (sp is p, adkim and aspf are r, pct is 100, testing is n).',
  }),
);

/** Which policy each domain published, since when. */
export function policies(context: ServeContext): Endpoint {
  return endpoint({
    summary: 'Published policies by domain, oldest first; of a day the one that most reports name',
    query: { ...rangeParameters, ...domainParameter, current, ...pageParameters(100, 1000) },
    answer: listOf(policyRow),
    handle: async (query) => {
      const scope = scopeOf(query, context.clock);
      const spans = await context.reader.policies(scope);
      const found = partOf(query.current === true ? policiesNow(spans) : steps(spans), pageOf(query, 100));
      return listAnswer(
        found,
        (row) => ({
          ...row,
          first_day: timeOf(row.first_day),
          last_day: timeOf(row.last_day),
          changed_day: maybeTimeOf(row.changed_day),
        }),
        await completeThrough(context, scope.domains),
      );
    },
  });
}
