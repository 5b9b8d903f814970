import Type from 'typebox';
import { listOf, recordRow, reportAnswer, reportRow } from '../../model/api.js';
import type { ReportAnswer, ReportRow } from '../../model/api.js';
import type { StoredReportDetail, StoredReportRow } from '../../store/store.js';
import { endpoint } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { filterParameters, pageOf, pageParameters, rangeParameters, scopeOf } from '../query.js';
import { Refusal } from '../refusal.js';
import { listAnswer, passRate, timeOf } from '../reply.js';

const idParameter = {
  id: Type.String({ pattern: '^[1-9][0-9]{0,14}$', description: 'Row id of the report.' }),
};

/** Stored reports by arrival, newest first. */
export function reports(context: ServeContext): Endpoint {
  return endpoint({
    summary: 'Stored reports that arrived in the range, newest first',
    query: { ...rangeParameters, ...filterParameters, ...pageParameters(100, 1000) },
    answer: listOf(reportRow),
    handle: async (query) => {
      const found = await context.reader.reports(scopeOf(query, context.clock), pageOf(query, 100, 2));
      return listAnswer(found, presentRow, null);
    },
  });
}

/** One report: header, published policy, problems. */
export function report({ reader }: ServeContext): Endpoint {
  return endpoint({
    summary: 'One report: header, published policy, problems',
    params: idParameter,
    answer: reportAnswer,
    handle: async (_query, { id }) => presentDetail((await reader.report(Number(id))) ?? absent(id)),
  });
}

/** The records of one report in document order. */
export function records({ reader }: ServeContext): Endpoint {
  return endpoint({
    summary: 'The records of one report, with auth results and override reasons',
    params: idParameter,
    query: pageParameters(100, 1000),
    answer: listOf(recordRow),
    handle: async (query, { id }) => {
      const found = await reader.records(Number(id), pageOf(query, 100));
      if (found.rows.length === 0 && (await reader.report(Number(id))) === null) absent(id);
      return listAnswer(found, (row) => row, null);
    },
  });
}

function absent(id: string): never {
  throw new Refusal(404, 'not_found', `there is no report ${id}`, 'id');
}

function presentRow({ is_foreign, ...row }: StoredReportRow): ReportRow {
  return {
    ...row,
    foreign: is_foreign === 1,
    fail: row.messages - row.pass,
    pass_rate: passRate(row),
    begin_at: timeOf(row.begin_at),
    end_at: timeOf(row.end_at),
    arrived_at: timeOf(row.arrived_at),
  };
}

function presentDetail(row: StoredReportDetail): ReportAnswer {
  const { p, sp, np, pct, adkim, aspf, fo, testing, discovery_method, is_foreign: _foreign, ...rest } = row;
  const { problem_count: _, ...shown } = presentRow(row);
  return {
    ...rest,
    ...shown,
    policy: { p, sp, np, pct, adkim, aspf, fo, testing, discovery_method },
    errors: [...row.errors],
    problems: [...row.problems],
    first_day: timeOf(row.first_day),
    last_day: timeOf(row.last_day),
  };
}
