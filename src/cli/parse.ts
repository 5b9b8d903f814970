import { walkMail } from '../pipeline.js';
import type { FileHandler, FileOrigin, FileSink } from '../pipeline.js';
import type { MailOutcome } from '../model/outcome.js';
import type { Problem } from '../model/problem.js';
import type { FileOutcome } from '../model/report.js';
import { listFiles, mailsOf } from './paths.js';
import type { FoundMail, Unreadable } from './paths.js';
import { ParseLine } from './parse-line.js';
import type { Output } from './output.js';

/** `ruawatch parse`: prints a JSON line for every report (docs/reports.md), stores nothing. Resolves with the exit code. */
export async function parse(paths: readonly string[], output: Output): Promise<number> {
  let refused = 0;
  for (const file of listFiles(paths)) {
    for await (const found of mailsOf(file)) {
      if (!(await parseFound(found, output))) refused += 1;
      await output.drained();
    }
  }
  return refused > 0 ? 1 : 0;
}

function parseFound(found: FoundMail | Unreadable, output: Output): Promise<boolean> {
  if (found.raw) return parseMail(found, output);
  output.write(refusal(found.name, null, { outcome: 'unsupported', reason: `it cannot be read: ${found.reason}` }));
  return Promise.resolve(false);
}

/** Whether the mail brought reports, and every one was read as a whole. */
async function parseMail({ name, raw }: FoundMail, output: Output): Promise<boolean> {
  const lines = new MailLines(name, output.write);
  const walked = await walkMail(raw, lines, { authservIds: [] });
  return lines.finish(walked.outcome);
}

/** The lines of one mail. Its texts and pictures are no reports: they have a line only when there is no other. */
class MailLines implements FileHandler {
  readonly #name: string;
  readonly #write: (text: string) => void;
  #lines = 0;
  #accepted = true;
  #notAReport = '';

  constructor(name: string, write: (text: string) => void) {
    this.#name = name;
    this.#write = write;
  }

  open(file: FileOrigin): FileSink {
    const line = new ParseLine(this.#name, memberOf(file), this.#write);
    return {
      record: (record) => line.record(record),
      abandon: () => undefined,
      finish: (reading) => {
        const { outcome, reason, problems } = reading;
        if (outcome === 'not-a-report') this.#keep(refusal(this.#name, memberOf(file), { outcome, reason, problems }));
        else {
          this.#count(outcome === 'report');
          line.finish(reading);
        }
        return { outcome, reason, reportId: null };
      },
    };
  }

  unreadable(file: FileOrigin, outcome: FileOutcome, reason: string): void {
    this.#count(false);
    this.#write(refusal(this.#name, memberOf(file), { outcome, reason }));
  }

  /** Writes what is still to be said. */
  finish({ outcome, reason }: MailOutcome): boolean {
    if (this.#lines > 0) return this.#accepted && reason === '';
    if (outcome === 'not-a-report' && this.#notAReport !== '') this.#write(this.#notAReport);
    else
      this.#write(refusal(this.#name, null, { outcome: outcome === 'auto-reply' ? 'not-a-report' : outcome, reason }));
    return false;
  }

  #keep(line: string): void {
    if (this.#notAReport === '') this.#notAReport = line;
  }

  #count(accepted: boolean): void {
    this.#lines += 1;
    this.#accepted &&= accepted;
  }
}

function memberOf({ mail, part, members }: FileOrigin): string | null {
  const names = mail ? [part.name ?? `part ${part.number}`, ...members] : members;
  return names.length > 0 ? names.join('/') : null;
}

interface Refusal {
  readonly outcome: string;
  readonly reason: string;
  readonly problems?: readonly Problem[];
}

function refusal(file: string, member: string | null, { outcome, reason, problems = [] }: Refusal): string {
  return `${JSON.stringify({ file, member, outcome, reason, problems })}\n`;
}
