import { plainText } from '../base/text.js';
import type { Problem } from '../model/problem.js';
import type { ContainerEnding } from '../model/report-file.js';

/** What can be odd about a container; documented with the other problem codes. */
export type ContainerProblem =
  | 'truncated'
  | 'bad-checksum'
  | 'bad-length'
  | 'damaged'
  | 'trailing-bytes'
  | 'leading-text'
  | 'zip-directory'
  | 'oversized';

export const complete: ContainerEnding = { state: 'complete', problems: [] };

const order: readonly ContainerEnding['state'][] = ['complete', 'truncated', 'corrupt', 'oversized'];

/** Both endings in one: the worse state, all problems, the outer container's first. */
export function mergeEndings(outer: ContainerEnding, inner: ContainerEnding): ContainerEnding {
  if (outer === complete) return inner;
  if (inner === complete) return outer;
  const state = order.indexOf(outer.state) >= order.indexOf(inner.state) ? outer.state : inner.state;
  return { state, problems: [...outer.problems, ...inner.problems] };
}

/** Notes of one container while it is read. */
export interface EndingNotes {
  note(code: ContainerProblem, detail: string): void;
  /** Notes, and says that the bytes are not what was packed. */
  fail(state: 'truncated' | 'corrupt' | 'oversized', code: ContainerProblem, detail: string): void;
  ending(): ContainerEnding;
}

/** `where` names the container: gzip, zlib, zip, base64. */
export function endingNotes(where: string): EndingNotes {
  let ending = complete;
  const add = (state: ContainerEnding['state'], code: ContainerProblem, detail: string): void => {
    const problem: Problem = { code, where, detail: plainText(detail) };
    ending = mergeEndings(ending, { state, problems: [problem] });
  };
  return { note: (code, detail) => add('complete', code, detail), fail: add, ending: () => ending };
}
