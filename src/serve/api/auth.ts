import { listOf } from '../../model/api.js';
import { authRow } from '../../model/api-stats.js';
import { completeThrough } from '../complete.js';
import { endpoint, wordParameter } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { domainParameter, pageOf, pageParameters, rangeParameters, scopeOf } from '../query.js';
import { listAnswer, passRate } from '../reply.js';

/** DKIM domains and selectors, SPF domains, with their raw results. */
export function auth(context: ServeContext): Endpoint {
  return endpoint({
    summary:
      'Raw DKIM and SPF results per policy domain, most messages first. A message with two signatures is in two rows: do not add them up',
    query: {
      ...rangeParameters,
      ...domainParameter,
      method: wordParameter(['dkim', 'spf'], 'Default: both.'),
      result: wordParameter(
        ['all', 'fail', 'pass'],
        'fail: with messages that failed DMARC; pass: without. Default: all.',
      ),
      ...pageParameters(100, 1000),
    },
    answer: listOf(authRow),
    handle: async (query) => {
      const scope = scopeOf(query, context.clock);
      const choice = { method: query.method ?? null, result: query.result ?? 'all' };
      const found = await context.reader.authStats(scope, choice, pageOf(query, 100));
      const complete = await completeThrough(context, scope.domains);
      return listAnswer(found, (row) => ({ ...row, pass_rate: passRate(row) }), complete);
    },
  });
}
