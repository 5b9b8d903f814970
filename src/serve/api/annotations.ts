import { daySeconds } from '../../base/clock.js';
import { listOf } from '../../model/api.js';
import { annotationRow } from '../../model/api-stats.js';
import type { AnnotationRow } from '../../model/api-stats.js';
import type { Annotation } from '../../store/store.js';
import { endpoint, wordParameter } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { domainParameter, domainsOf, pageOf, pageParameters, rangeOf, rangeParameters } from '../query.js';
import { listAnswer, timeOf } from '../reply.js';

/** Alerts as marks over the event days in which a sender failed. */
export function annotations({ reader, clock }: ServeContext): Endpoint {
  return endpoint({
    summary: 'Alerts as marks on a chart of event days, oldest first',
    query: {
      ...rangeParameters,
      ...domainParameter,
      severity: wordParameter(['critical', 'warning', 'info'], 'Default: all.'),
      ...pageParameters(100, 1000),
    },
    answer: listOf(annotationRow),
    handle: async (query) => {
      const choice = {
        ...rangeOf(query, clock),
        domains: domainsOf(query.domain),
        severity: query.severity ?? null,
      };
      return listAnswer(await reader.annotations(choice, pageOf(query, 100, 2)), present, null);
    },
  });
}

function present({ summary, first_day, last_day, ...row }: Annotation): AnnotationRow {
  const words = (...parts: readonly string[]) => parts.filter((part) => part !== '');
  return {
    time: timeOf(first_day),
    time_end: timeOf(last_day + daySeconds),
    title: words(row.rule, row.sender).join(' '),
    text: summary,
    tags: words(row.rule, row.severity, row.domain).join(','),
    ...row,
  };
}
