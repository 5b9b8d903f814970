import { plainText } from '../base/text.js';
import type { Problem } from '../model/problem.js';
import type { XmlFault } from './xml-handler.js';

/**
 * What is noted about a report. The value stays usable unless the line says otherwise.
 *
 * The bytes and the XML:
 * - `encoding`: the declared encoding is unknown or contradicts the bytes; read as UTF-8
 * - `not-utf8`: a text is no UTF-8; read as windows-1252
 * - `doctype`: a DOCTYPE was jumped over
 * - `leading-content`: something stands before the report; `wrapper-element`: something stands around it
 * - `bare-ampersand`, `bare-less-than`: an unescaped `&` or `<` was read as text
 * - `html-entity`: an entity of HTML was replaced; `unknown-entity`: an undeclared one stays as it is
 * - `bad-reference`: a reference to a character that cannot be; replaced by U+FFFD
 * - `control-character`: control characters were replaced by U+FFFD
 * - `text-cut`: a text is longer than we keep
 * - `stray-end-tag`, `unclosed-element`, `missing-bracket`, `missing-root-end`: tags that do not pair, or lack their `>`
 * - `trailing-content`: something follows the report and was not read; `second-report`: it is another report
 *
 * The structure:
 * - `repeated`: an element that may stand once stands again; the first one counts
 * - `list-cut`: more list elements than we keep
 * - `missing-element`: an element that must be there is not
 * - `misnamed-element`: an alias such as `identities` was taken for the element's own name
 * - `element-in-text`: markup stands in a name, word or number, whose text then ends in U+FFFD
 * - `record-left-out`: a record stands in an unknown element and was not read
 * - `reason-text`: a reason has a text instead of a type; taken as its comment
 *
 * Values:
 * - `word-case`: a word of a closed list was folded to lower case
 * - `unknown-word`: a word that is in no list stays as it is and never passes
 * - `domain-form`: capitals, brackets, a final dot or a local part were taken off a domain
 * - `bad-domain`: no domain, or several; stays as it is
 * - `address-form`: brackets, a port or a zone were taken off an address
 * - `bad-number`: `pct` is no number from 0 to 100; null
 * - `time-form`: a time was not in whole seconds; `time-order`: begin was after end and they changed places
 * - `missing-time`: one end of the range is missing; the other one stands for both
 * - `bad-time`: a time could not be read; taken as missing
 * - `from-file-name`: the report does not say it; taken from the name of the file
 *
 * Rows:
 * - `missing-count`: there is no count; 1
 * - `count-capped`: a count was too large to be true
 * - `bad-count`, `negative-count`, `bad-source-ip`: the row was left out
 * - `null-row`: a count of 0; the row was left out and nothing is lost
 *
 * `more-problems`: how many more of which codes there were.
 * The codes of how a container ended are those of whoever unpacked it.
 */
export type ProblemCode =
  | XmlFault
  | 'encoding'
  | 'leading-content'
  | 'trailing-content'
  | 'second-report'
  | 'wrapper-element'
  | 'repeated'
  | 'list-cut'
  | 'missing-element'
  | 'misnamed-element'
  | 'reason-text'
  | 'element-in-text'
  | 'record-left-out'
  | 'word-case'
  | 'unknown-word'
  | 'domain-form'
  | 'bad-domain'
  | 'address-form'
  | 'bad-number'
  | 'time-form'
  | 'time-order'
  | 'missing-time'
  | 'bad-time'
  | 'from-file-name'
  | 'missing-count'
  | 'count-capped'
  | 'bad-count'
  | 'negative-count'
  | 'bad-source-ip'
  | 'null-row'
  | 'more-problems';

/** Notes a problem of the report or record in hand; `path` is the element's, without the record. */
export type Note = (code: ProblemCode, path: string, detail: string) => void;

/** A bounded list: a few of each code, so that a flood of one does not hide another. */
export class ProblemList {
  readonly #kept: Problem[] = [];
  readonly #seen = new Map<string, number>();
  readonly #left = new Map<string, number>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** `where` is asked only when the problem is kept. */
  add(code: ProblemCode, where: () => string, detail: string): void {
    const seen = this.#seen.get(code) ?? 0;
    this.#seen.set(code, seen + 1);
    if (seen < Math.ceil(this.#max / 10) && this.#kept.length < this.#max - 1) {
      this.#kept.push({ code, where: plainText(where()), detail: plainText(ownCopy(detail)) });
    } else this.#left.set(code, (this.#left.get(code) ?? 0) + 1);
  }

  /** In the order of the document; at most `max`. */
  list(): readonly Problem[] {
    if (this.#left.size === 0) return [...this.#kept];
    const detail = [...this.#left].map(([code, count]) => `${code} ${count}`).join(', ');
    return [...this.#kept, { code: 'more-problems', where: '', detail: plainText(detail) }];
  }
}

/** A part of a string keeps the whole of it in memory: here, a block of the document. */
function ownCopy(text: string): string {
  return Buffer.from(text.slice(0, 400)).toString();
}
