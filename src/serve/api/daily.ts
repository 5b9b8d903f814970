import { dailyRow, listOf } from '../../model/api.js';
import type { DailyRow } from '../../model/api.js';
import { dailyGroups } from '../../store/store.js';
import type { DailyGroup, StoredDay } from '../../store/store.js';
import { completeThrough, isComplete } from '../complete.js';
import { endpoint, wordParameter } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { pageOf, pageParameters, rangeParameters, scopeOf, sourceFilters } from '../query.js';
import { listAnswer, passRate, timeOf } from '../reply.js';

/** A chart that silently lost its last days would lie, so a page is larger than elsewhere. */
const rowsByDefault = 1_000;
const rowsAtMost = 10_000;

/** Sums per UTC event day, oldest first. Days without messages are left out. */
export function daily(context: ServeContext): Endpoint {
  return endpoint({
    summary: 'Messages per UTC event day, as a whole or by one group',
    query: {
      ...rangeParameters,
      ...sourceFilters,
      group: wordParameter(dailyGroups, 'What a day is divided by. Default: none.'),
      ...pageParameters(rowsByDefault, rowsAtMost),
    },
    answer: listOf(dailyRow),
    handle: async (query) => {
      const scope = scopeOf(query, context.clock);
      const group = query.group ?? 'none';
      const found = await context.reader.daily(scope, group, pageOf(query, rowsByDefault));
      const through = await completeThrough(context, scope.domains);
      return listAnswer(found, (row) => present(row, group, through), through);
    },
  });
}

function present(row: StoredDay, group: DailyGroup, through: string | null): DailyRow {
  const { key, pass_both, pass_dkim, pass_spf, day, ...sums } = row;
  const counts = { day: timeOf(day), complete: isComplete(day, through), ...sums, pass_rate: passRate(row) };
  if (group === 'none') return { ...counts, pass_both, pass_dkim, pass_spf };
  return { ...counts, [group === 'source' ? 'source_ip' : group]: key ?? '' };
}
