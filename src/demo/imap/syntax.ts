import type { Piece } from './command-reader.js';

/** An argument: an atom as written, a quoted string or literal, or a parenthesised list (RFC 3501 section 9). */
export type Value =
  | { readonly type: 'atom'; readonly text: string }
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'list'; readonly items: readonly Value[] };

export interface Command {
  readonly tag: string;
  /** Upper case; `UID FETCH` and its like are one name. */
  readonly name: string;
  readonly args: readonly Value[];
}

const tagStart = /^(?:(?![(){%*"\\+\]])[!-~]){1,100}/;
const word = /^ (?:(uid) +)?([a-z]+)(?: +|$)/i;
const atom = /^[^\s()"{\][]+/;
const section = /^\[[^\]\r\n]*\](?:<\d+(?:\.\d+)?>)?/;
const quoted = /^"((?:[^"\\\r\n]|\\["\\])*)"/;
const deepest = 20;

/** The tag of a line that may be no command; `*` when it has none. */
export function tagOf(pieces: readonly Piece[]): string {
  const [first] = pieces;
  return (typeof first === 'string' && tagStart.exec(first)?.[0]) || '*';
}

/** Null when the line is no command. */
export function parseCommand(pieces: readonly Piece[]): Command | null {
  const [first, ...rest] = pieces;
  const tag = tagOf(pieces);
  const head = typeof first === 'string' ? word.exec(first.slice(tag.length)) : null;
  if (typeof first !== 'string' || !head || tag === '*') return null;
  const [whole, uid, verb = ''] = head;
  const args = new Parser([first.slice(tag.length + whole.length), ...rest]).all();
  const name = (uid ? `UID ${verb}` : verb).toUpperCase();
  return args && { tag, name, args };
}

class Parser {
  readonly #pieces: Piece[];

  constructor(pieces: Piece[]) {
    this.#pieces = pieces;
  }

  all(): readonly Value[] | null {
    const values = this.#values(0);
    return values && this.#pieces.every((piece) => piece === '') ? values : null;
  }

  /** Values up to the end or to a closing parenthesis, which stays. */
  #values(depth: number): readonly Value[] | null {
    const values: Value[] = [];
    if (depth > deepest) return null;
    while (!this.#atEnd()) {
      const value = this.#value(depth);
      if (!value) return null;
      values.push(value);
    }
    return values;
  }

  #atEnd(): boolean {
    for (;;) {
      const [piece] = this.#pieces;
      if (piece === undefined) return true;
      if (typeof piece !== 'string') return false;
      const rest = piece.trimStart();
      this.#pieces[0] = rest;
      if (rest !== '') return rest.startsWith(')');
      if (this.#pieces.length === 1) return true;
      this.#pieces.shift();
    }
  }

  #value(depth: number): Value | null {
    const [piece] = this.#pieces;
    if (piece === undefined) return null;
    if (typeof piece !== 'string') {
      this.#pieces.shift();
      return { type: 'string', text: piece.toString('utf8') };
    }
    if (piece.startsWith('(')) return this.#list(piece, depth);
    const string = quoted.exec(piece);
    if (!string) return this.#atom(piece);
    this.#pieces[0] = piece.slice(string[0].length);
    return { type: 'string', text: Buffer.from(unescape(string[1] ?? ''), 'latin1').toString('utf8') };
  }

  #list(piece: string, depth: number): Value | null {
    this.#pieces[0] = piece.slice(1);
    const items = this.#values(depth + 1);
    const [rest] = this.#pieces;
    if (!items || typeof rest !== 'string' || !rest.startsWith(')')) return null;
    this.#pieces[0] = rest.slice(1);
    return { type: 'list', items };
  }

  /** An atom, with the section of a FETCH item where there is one. */
  #atom(piece: string): Value | null {
    const start = atom.exec(piece);
    if (!start) return null;
    const after = piece.slice(start[0].length);
    const part = section.exec(after)?.[0] ?? '';
    this.#pieces[0] = after.slice(part.length);
    return { type: 'atom', text: start[0] + part };
  }
}

function unescape(text: string): string {
  return text.replace(/\\(["\\])/g, '$1');
}

/** The text of an atom or string. */
export function textOf(value: Value | undefined): string | null {
  return value && value.type !== 'list' ? value.text : null;
}

/** The items of a list, or the single value as one. */
export function itemsOf(value: Value | undefined): readonly Value[] {
  if (!value) return [];
  return value.type === 'list' ? value.items : [value];
}

/** A string as it goes over the wire; a control character cannot be quoted and becomes `?`. */
export function quote(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  return `"${text.replace(/[\u0000-\u001f\u007f]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}
