import { listOf } from '../../model/api.js';
import { senderStatRow } from '../../model/api-stats.js';
import { completeThrough } from '../complete.js';
import { endpoint, wordParameter } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { pageOf, pageParameters, rangeParameters, scopeOf, sourceFilters } from '../query.js';
import { listAnswer, passRate, timeOf } from '../reply.js';

/** What each sender of each policy domain sent, most failing first. */
export function senderStats(context: ServeContext): Endpoint {
  return endpoint({
    summary: 'Senders per policy domain with their sums over the range, most failing first',
    query: {
      ...rangeParameters,
      ...sourceFilters,
      result: wordParameter(
        ['all', 'fail', 'pass'],
        'fail: with a failing message in range; pass: without. Default: all.',
      ),
      first_seen: wordParameter(['any', 'in_range'], 'in_range: not seen before the range. Default: any.'),
      ...pageParameters(100, 1000),
    },
    answer: listOf(senderStatRow),
    handle: async (query) => {
      const scope = scopeOf(query, context.clock);
      const choice = { result: query.result ?? 'all', newlySeen: query.first_seen === 'in_range' };
      const found = await context.reader.senderStats(scope, choice, pageOf(query, 100));
      return listAnswer(
        found,
        (row) => ({
          ...row,
          pass_rate: passRate(row),
          first_seen: timeOf(row.first_seen),
          last_seen: timeOf(row.last_seen),
        }),
        await completeThrough(context, scope.domains),
      );
    },
  });
}
