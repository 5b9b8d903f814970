import type { Reading, RecordSink, ReportRecord } from '../model/report.js';

/** Text up to this length waits, so that a line of it has its keys in the documented order; a longer line goes out as it is read. */
const waitingChars = 64 * 1024;

/**
 * One report as one line of JSON, written while it is read: memory does not grow with the report. A short line has its
 * keys in the order of the contract. A long one starts with `file`, `member` and `report.records`, since what belongs before
 * them is known only at the end.
 */
export class ParseLine implements RecordSink {
  readonly #file: string;
  readonly #member: string | null;
  readonly #write: (text: string) => void;
  #records: string[] = [];
  #chars = 0;
  #isStreaming = false;

  /** `member`: the archive member that holds the report, or null. */
  constructor(file: string, member: string | null, write: (text: string) => void) {
    this.#file = file;
    this.#member = member;
    this.#write = write;
  }

  record(record: ReportRecord): void {
    const text = JSON.stringify(record);
    this.#records.push(text);
    this.#chars += text.length + 1;
    if (this.#chars >= waitingChars) this.#flush();
  }

  /** Writes the rest of the line and its line end. */
  finish(reading: Reading): void {
    const start = { file: this.#file, member: this.#member, outcome: reading.outcome };
    const { generation, namespace, header, totals, problems } = reading;
    const end = { totals, problems };
    if (header === null) {
      this.#finishOther(reading);
    } else if (this.#isStreaming) {
      this.#flush();
      const rest = { outcome: reading.outcome, generation, namespace, ...reasonOf(reading), ...end };
      this.#write(`],${inner(header)}},${inner(rest)}}\n`);
    } else {
      const head = { ...start, ...reasonOf(reading), generation, namespace };
      this.#write(
        `{${inner(head)},"report":{${inner(header)},"records":[${this.#records.join(',')}]},${inner(end)}}\n`,
      );
    }
  }

  /** There is no report: a header is missing only where no record was read. */
  #finishOther({ outcome, reason, problems }: Reading): void {
    const rest = { outcome, reason, problems };
    if (this.#isStreaming) this.#write(`]},${inner(rest)}}\n`);
    else this.#write(`{${inner({ file: this.#file, member: this.#member, ...rest })}}\n`);
  }

  #flush(): void {
    const text = this.#records.join(',');
    this.#records = [];
    this.#chars = 0;
    if (this.#isStreaming) {
      if (text !== '') this.#write(`,${text}`);
      return;
    }
    this.#isStreaming = true;
    this.#write(`{${inner({ file: this.#file, member: this.#member })},"report":{"records":[${text}`);
  }
}

function reasonOf({ reason }: Reading): { readonly reason?: string } {
  return reason === '' ? {} : { reason };
}

/** The members of an object without its braces. */
function inner(value: object): string {
  return JSON.stringify(value).slice(1, -1);
}
