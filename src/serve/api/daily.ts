import { dailyRow, listOf } from '../../model/api.js';
import type { DailyRow } from '../../model/api.js';
import type { DailyGroup, StoredDay } from '../../store/store.js';
import { completeThrough } from '../complete.js';
import { endpoint, wordParameter } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { filterParameters, pageOf, pageParameters, rangeParameters, scopeOf } from '../query.js';
import { listAnswer, passRate, timeOf } from '../reply.js';

const groups: readonly DailyGroup[] = ['none', 'result', 'disposition', 'reporter', 'source', 'domain'];
/** A chart that silently lost its last days would lie, so a page is larger than elsewhere. */
const rowsByDefault = 1_000;
const rowsAtMost = 10_000;

/** Sums per UTC event day, oldest first. Days without messages are left out. */
export function daily(context: ServeContext): Endpoint {
  return endpoint({
    summary: 'Messages per UTC event day, as a whole or by one group',
    query: {
      ...rangeParameters,
      ...filterParameters,
      group: wordParameter(groups, 'What a day is divided by. Default: none.'),
      ...pageParameters(rowsByDefault, rowsAtMost),
    },
    answer: listOf(dailyRow),
    handle: async (query) => {
      const scope = scopeOf(query, context.clock);
      const group = query.group ?? 'none';
      const found = await context.reader.daily(scope, group, pageOf(query, rowsByDefault));
      return listAnswer(found, (row) => present(row, group), await completeThrough(context, scope.domains));
    },
  });
}

function present(row: StoredDay, group: DailyGroup): DailyRow {
  const { key, pass_both, pass_dkim, pass_spf, day, ...sums } = row;
  const counts = { day: timeOf(day), ...sums, pass_rate: passRate(row) };
  if (group === 'none') return { ...counts, pass_both, pass_dkim, pass_spf };
  return { ...counts, [group === 'source' ? 'source_ip' : group]: key ?? '' };
}
