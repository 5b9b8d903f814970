import { domainRow, listOf } from '../../model/api.js';
import type { DomainRow } from '../../model/api.js';
import type { StoredDomain } from '../../store/store.js';
import { completeThrough } from '../complete.js';
import { endpoint } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { domainParameter, pageOf, pageParameters, rangeParameters, scopeOf } from '../query.js';
import { listAnswer, maybeTimeOf, passRate } from '../reply.js';

/** Policy domains, configured or met in a report, with their sums over the event days of the range; most messages first. */
export function domains(context: ServeContext): Endpoint {
  return endpoint({
    summary: 'Policy domains with their policy, sums over the range and open alerts',
    query: { ...rangeParameters, ...domainParameter, ...pageParameters(100, 1000) },
    answer: listOf(domainRow),
    handle: async (query) => {
      const scope = scopeOf(query, context.clock);
      const found = await context.reader.domains(scope, pageOf(query, 100), context.config.domains);
      return listAnswer(found, presentDomain, await completeThrough(context, scope.domains));
    },
  });
}

export function presentDomain(row: StoredDomain): DomainRow {
  return {
    ...row,
    pass_rate: passRate(row),
    last_day: maybeTimeOf(row.last_day),
    last_report_at: maybeTimeOf(row.last_report_at),
  };
}
