import Type from 'typebox';
import { listOf, mailRow } from '../../model/api.js';
import { mailOutcomes } from '../../model/outcome.js';
import { endpoint } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { listOf as commaList, pageOf, pageParameters, rangeOf, rangeParameters } from '../query.js';
import { Refusal } from '../refusal.js';
import { listAnswer, maybeTimeOf, timeOf } from '../reply.js';

/** The ledger: every mail seen in the range and what became of it, last first. */
export function mails({ reader, clock }: ServeContext): Endpoint {
  return endpoint({
    summary: 'Every mail processed in the range and what became of it, last first',
    query: {
      ...rangeParameters,
      outcome: Type.Optional(
        Type.String({
          maxLength: 400,
          description: `Comma separated; * or nothing: all. Of: ${mailOutcomes.join(', ')}.`,
        }),
      ),
      source: Type.Optional(
        Type.String({ maxLength: 4000, description: 'Mailboxes and directories, comma separated.' }),
      ),
      ...pageParameters(100, 1000),
    },
    answer: listOf(mailRow),
    handle: async (query) => {
      const choice = {
        ...rangeOf({ ...(query.from && { from: query.from }), ...(query.to && { to: query.to }) }, clock),
        outcomes: outcomesOf(query.outcome),
        sources: commaList(query.source, 'source'),
      };
      const found = await reader.mails(choice, pageOf(query, 100));
      return listAnswer(
        found,
        (row) => ({ ...row, received_at: maybeTimeOf(row.received_at), processed_at: timeOf(row.processed_at) }),
        null,
      );
    },
  });
}

function outcomesOf(value: string | undefined): readonly string[] | null {
  const outcomes = commaList(value, 'outcome');
  const known: readonly string[] = mailOutcomes;
  if (outcomes?.every((each) => known.includes(each)) ?? true) return outcomes;
  throw new Refusal(400, 'bad_parameter', `outcome must be of ${known.join(', ')}, comma separated`, 'outcome');
}
