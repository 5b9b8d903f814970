import type { Scope, StoredRecord, StoredReportDetail, StoreReader } from '../store/store.js';

const reportsTogether = 500;
const recordsTogether = 1_000;

/** Reports of the scope's event days, in the order they were stored. */
export async function* reportsOf(reader: StoreReader, scope: Scope): AsyncGenerator<StoredReportDetail> {
  for (let after = 0; ;) {
    const ids = await reader.reportIds(scope, after, reportsTogether);
    for (const id of ids) {
      const report = await reader.report(id);
      if (report !== null) yield report;
    }
    const last = ids.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

/** Records of a report in document order, some together. */
export async function* recordsOf(reader: StoreReader, report: number): AsyncGenerator<readonly StoredRecord[]> {
  let after = null;
  do {
    const page: Awaited<ReturnType<StoreReader['records']>> = await reader.records(report, {
      limit: recordsTogether,
      after,
    });
    if (page.rows.length > 0) yield page.rows;
    after = page.next;
  } while (after !== null);
}

type Cell = string | number | boolean | null;

/**
 * One line of CSV (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe in front, also within the text
 * behind what some of them part cells at, whatever the quotes say: a semicolon, a tab, a line end.
 */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/** Spreadsheets for Chinese and Japanese take the wide forms as well. */
const first = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;
const inside = /[;\t\r\n](?=[=+\-@\uff1d\uff0b\uff0d\uff20])/g;

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const text = (first.test(cell) ? `'${cell}` : cell).replace(inside, "$&'");
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Unix seconds as `2026-03-01T00:00:00Z`; null when no date can say it. */
export function isoTime(seconds: number): string | null {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString().replace('.000Z', 'Z');
}
