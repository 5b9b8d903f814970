import { daySeconds } from '../base/clock.js';
import { Failure } from '../base/failure.js';
import { openStoreReader } from '../store/store.js';
import type { Scope, StoreReader } from '../store/store.js';
import { csvExport, jsonLines } from './export-records.js';
import { openMetrics } from './export-openmetrics.js';
import { parsedmarcCsv, parsedmarcJson } from './export-parsedmarc.js';
import { openOutput } from './output.js';

export interface ExportOptions {
  readonly format: string;
  /** Days, `2026-03-01`, both included. */
  readonly from?: string;
  readonly to?: string;
  /** Policy domains, comma separated. */
  readonly domain?: string;
}

/** What is written, piece by piece: memory does not grow with the store. */
type Writing = (reader: StoreReader, scope: Scope, domains: readonly string[]) => AsyncIterable<string>;

const formats: Readonly<Record<string, Writing>> = {
  openmetrics: openMetrics,
  csv: csvExport,
  ndjson: jsonLines,
  'parsedmarc-csv': parsedmarcCsv,
  'parsedmarc-json': parsedmarcJson,
};

/** `ruawatch export`, also while the service runs. `domains` are the configured ones. Resolves with the exit code. */
export async function exportStore(
  { db, domains }: { readonly db: string; readonly domains: readonly string[] },
  options: ExportOptions,
  { out }: { readonly out: NodeJS.WriteStream },
): Promise<number> {
  const write = Object.hasOwn(formats, options.format) ? formats[options.format] : undefined;
  if (write === undefined)
    throw new Failure(`--format ${options.format} is no format`, {
      hint: `it is one of ${Object.keys(formats).join(', ')}`,
      exitCode: 2,
    });
  const scope = scopeOf(options);
  const reader = openStoreReader(db);
  const output = openOutput(out);
  try {
    await reader.freeze();
    for await (const text of write(reader, scope, domains)) {
      output.write(text);
      await output.drained();
    }
  } finally {
    reader.close();
  }
  return 0;
}

function scopeOf({ from, to, domain }: ExportOptions): Scope {
  const first = from === undefined ? 0 : dayOf('--from', from);
  const end = to === undefined ? Number.MAX_SAFE_INTEGER : dayOf('--to', to) + daySeconds - 1;
  if (first > end) throw new Failure('--from is after --to', { hint: 'exchange them', exitCode: 2 });
  return {
    from: first,
    to: end,
    domains: domain === undefined ? null : domain.split(',').map((each) => each.trim().toLowerCase()),
    reporters: null,
    sources: null,
    senders: null,
    classes: null,
  };
}

/** Unix seconds at midnight UTC. */
function dayOf(option: string, text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(ms)) return ms / 1000;
  throw new Failure(`${option} ${text} is no day`, { hint: 'write YYYY-MM-DD, in UTC', exitCode: 2 });
}
