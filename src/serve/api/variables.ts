import Type from 'typebox';
import { listOf, variableRow } from '../../model/api.js';
import type { VariableRow } from '../../model/api.js';
import { sourceClasses } from '../../model/sender.js';
import type { Choice, VariableName } from '../../store/store.js';
import { endpoint } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { encodeCommas, filterParameters, rangeParameters, scopeOf } from '../query.js';

const byDefault = 1_000;
const classes = sourceClasses.map((name) => present({ text: name.replace('_', ' '), key: name }));

/** Choices for a dashboard: the busiest in range up to the limit, by name. */
export function variables(context: ServeContext): Endpoint {
  return endpoint({
    summary:
      'Domains, reporters, sources or senders with data in range, or classes of senders, as choices for Grafana variables',
    query: {
      name: Type.Unsafe<VariableName | 'source_class'>({
        type: 'string',
        enum: ['domain', 'reporter', 'source', 'sender', 'source_class'],
      }),
      ...rangeParameters,
      ...filterParameters,
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: byDefault })),
    },
    answer: listOf(variableRow),
    handle: async (query) => {
      if (query.name === 'source_class') return { rows: classes, next_cursor: null, complete_through: null };
      const scope = scopeOf(query, context.clock);
      const found = await context.reader.variables(scope, query.name, query.limit ?? byDefault);
      const rows = found.map(present).sort((a, b) => (a.__text < b.__text ? -1 : 1));
      return { rows, next_cursor: null, complete_through: null };
    },
  });
}

function present({ text, key }: Choice): VariableRow {
  return { __text: text, __value: encodeCommas(key) };
}
