import { walkMail } from '../pipeline.js';
import type { FileHandler, FileOrigin } from '../pipeline.js';
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
  output.write(refusal(found.name, null, 'unsupported', `it cannot be read: ${found.reason}`));
  return Promise.resolve(false);
}

/** Whether every file of the mail was read as a whole report. */
async function parseMail({ name, raw }: FoundMail, output: Output): Promise<boolean> {
  let lines = 0;
  let accepted = true;
  const handler: FileHandler = {
    open: (file) => {
      const line = new ParseLine(name, memberOf(file), output.write);
      return {
        record: (record) => line.record(record),
        abandon: () => undefined,
        finish: (reading) => {
          lines += 1;
          accepted &&= reading.outcome === 'report';
          line.finish(reading);
          return { outcome: reading.outcome, reason: reading.reason, reportId: null };
        },
      };
    },
    unreadable: (file, outcome, reason) => {
      lines += 1;
      accepted = false;
      output.write(refusal(name, memberOf(file), outcome, reason));
    },
  };
  const walked = await walkMail(raw, handler, { authservIds: [] });
  if (lines > 0) return accepted;
  output.write(refusal(name, null, walked.outcome.outcome, walked.outcome.reason));
  return false;
}

function memberOf({ mail, part, members }: FileOrigin): string | null {
  const names = mail ? [part.name ?? `part ${part.number}`, ...members] : members;
  return names.length > 0 ? names.join('/') : null;
}

function refusal(file: string, member: string | null, outcome: string, reason: string): string {
  return `${JSON.stringify({ file, member, outcome, reason, problems: [] })}\n`;
}
