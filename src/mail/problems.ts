import { plainText } from '../base/text.js';
import type { Problem } from '../model/problem.js';

/** What can be odd about a mail; documented with the other problem codes. */
export type MailProblem =
  | 'mail-too-long'
  | 'header-too-long'
  | 'bad-header-line'
  | 'too-many-parts'
  | 'too-deep'
  | 'no-boundary'
  | 'unclosed-multipart'
  | 'bad-base64'
  | 'unknown-encoding';

export interface ProblemList {
  /** `where` is a MIME part number. */
  note(code: MailProblem, where: string, detail: string): void;
  list(): readonly Problem[];
}

/** Keeps the first `max` problems. */
export function problemList(max: number): ProblemList {
  const problems: Problem[] = [];
  return {
    note: (code, where, detail) => {
      if (problems.length < max) problems.push({ code, where, detail: plainText(detail) });
    },
    list: () => problems,
  };
}
