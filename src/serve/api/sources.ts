import { listOf, sourceRow } from '../../model/api.js';
import type { SourceRow } from '../../model/api.js';
import type { StoredSource } from '../../store/store.js';
import { completeThrough } from '../complete.js';
import { endpoint, wordParameter } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { pageOf, pageParameters, rangeParameters, scopeOf, sourceFilters } from '../query.js';
import { listAnswer, maybeTimeOf, passRate, timeOf } from '../reply.js';

/** Source IPs per policy domain, most failing first. */
export function sources(context: ServeContext): Endpoint {
  return endpoint({
    summary: 'Source IPs per policy domain, with when and why they failed',
    query: {
      ...rangeParameters,
      ...sourceFilters,
      result: wordParameter(
        ['all', 'fail', 'pass'],
        'fail: with a failing message in range; pass: without. Default: all.',
      ),
      first_seen: wordParameter(['any', 'in_range'], 'in_range: not seen before the range. Default: any.'),
      first_failed: wordParameter(['any', 'in_range'], 'in_range: never failed before the range. Default: any.'),
      ...pageParameters(100, 1000),
    },
    answer: listOf(sourceRow),
    handle: async (query) => {
      const scope = scopeOf(query, context.clock);
      const choice = {
        result: query.result ?? 'all',
        newlySeen: query.first_seen === 'in_range',
        newlyFailed: query.first_failed === 'in_range',
      };
      const found = await context.reader.sources(scope, choice, pageOf(query, 100));
      return listAnswer(found, present, await completeThrough(context, scope.domains));
    },
  });
}

function present(row: StoredSource): SourceRow {
  return {
    ...row,
    pass_rate: passRate(row),
    first_seen: timeOf(row.first_seen),
    last_seen: timeOf(row.last_seen),
    first_failed: maybeTimeOf(row.first_failed),
    last_failed: maybeTimeOf(row.last_failed),
  };
}
