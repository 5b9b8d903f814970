import Type from 'typebox';
import { listOf } from '../../model/api.js';
import { sourceRecordRow } from '../../model/api-stats.js';
import { completeThrough } from '../complete.js';
import { endpoint } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { filterParameters, pageOf, pageParameters, rangeParameters, scopeOf } from '../query.js';
import { Refusal } from '../refusal.js';
import { listAnswer, timeOf } from '../reply.js';

/** What each report said of one source IP. */
export function sourceRecords(context: ServeContext): Endpoint {
  return endpoint({
    summary: 'Records of one source IP with their reports, newest report first',
    query: {
      ...rangeParameters,
      ...filterParameters,
      source: Type.String({ minLength: 1, maxLength: 100, description: 'One source IP.' }),
      ...pageParameters(100, 1000),
    },
    answer: listOf(sourceRecordRow),
    handle: async (query) => {
      const scope = scopeOf(query, context.clock);
      const [ip, ...others] = scope.sources ?? [];
      if (ip === undefined || others.length > 0)
        throw new Refusal(400, 'bad_parameter', 'source must be one IP address', 'source');
      const found = await context.reader.sourceRecords(ip, scope, pageOf(query, 100, 2));
      return listAnswer(
        found,
        (row) => ({
          ...row,
          begin_at: timeOf(row.begin_at),
          end_at: timeOf(row.end_at),
          arrived_at: timeOf(row.arrived_at),
        }),
        await completeThrough(context, scope.domains),
      );
    },
  });
}
