import type { Limits } from '../config/limits.js';
import { boundedText, ElementText } from './element-text.js';
import { closesAt, plainText } from './leaf.js';
import { findName, hashStep, nameOf, standsAt, type Name } from './names.js';
import { localName, scanEndTag, scanStartTag } from './tag.js';
import type { XmlHandler } from './xml-handler.js';

const bang = 33;
const slash = 47;
const lessThan = 60;
const greaterThan = 62;
const question = 63;

const commentStart = Buffer.from('!--');
const cdataStart = Buffer.from('![CDATA[');
const doctypeStart = Buffer.from('!DOCTYPE');
const specialBytes = 1 + cdataStart.length;
/** More than the longest known tag. */
const slack = 64;

/** A run that is jumped over up to its end mark. */
type Skip = 'comment' | 'cdata' | 'instruction' | 'doctype' | 'subset';
const endMarks: Readonly<Record<Skip, string>> = {
  comment: '-->',
  cdata: ']]>',
  instruction: '?>',
  doctype: '>',
  subset: ']',
};

/** What has to be decoded or tidied: control characters and everything that is not ASCII. */
const odd = /[^ -~]/;
const notBlank = /[^\s\0]/;

/** Line ends and blanks, as they stand between tags. */
function isBlank(byte: number): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}

/**
 * A forgiving streaming reader of UTF-8 XML. It knows no DTD: a DOCTYPE is jumped over and nothing it declares is ever used.
 * Attributes are ignored, prefixes dropped. What cannot be markup is text; an end tag closes everything opened since its
 * start tag. Work is linear in the bytes, whatever they are; memory is one block and one incomplete tag.
 *
 * The same bytes are used twice: as latin1 text for `indexOf` (an index is a byte offset) and as bytes for single characters.
 */
export class XmlReader {
  readonly #handler: XmlHandler;
  readonly #limits: Limits;
  readonly #names: Name[] = [];
  /** Texts of the open elements so far; null where the text is not wanted. */
  readonly #texts: (string | null)[] = [];
  /** Text of the innermost open element since its last child. */
  readonly #gathered: ElementText;
  /** What the last block left incomplete, the block, and zeros, so that looking ahead a little needs no care. */
  #bytes: Buffer = Buffer.alloc(slack);
  /** The same without the zeros. */
  #view: Buffer = this.#bytes.subarray(0, 0);
  #latin1 = '';
  #at = 0;
  /** The next `&` at or after the last place asked about; -1: none. */
  #ampersand = -1;
  #skip: Skip | null = null;
  #wanted = false;
  #failure = '';
  #sawTrailing = false;

  constructor(handler: XmlHandler, limits: Limits) {
    this.#handler = handler;
    this.#limits = limits;
    this.#gathered = new ElementText(handler, limits.textChars);
  }

  /** Why reading had to stop, or "". Later bytes are ignored. */
  get failure(): string {
    return this.#failure;
  }

  write(block: Buffer): void {
    if (this.#failure !== '') return;
    this.#append(block);
    let goesOn = true;
    while (goesOn && this.#at < this.#view.length) goesOn = this.#step();
    if (this.#view.length - this.#at > this.#limits.xmlTokenBytes) {
      this.#failure = `a tag is longer than ${this.#limits.xmlTokenBytes} bytes`;
    }
  }

  /** Puts the block behind what the last one left incomplete, in memory of our own: the caller may use the block's again. */
  #append(block: Buffer): void {
    const rest = this.#view.length - this.#at;
    const length = rest + block.length;
    const bytes = length + slack <= this.#bytes.length ? this.#bytes : Buffer.alloc(2 * length + slack);
    this.#view.copy(bytes, 0, this.#at);
    block.copy(bytes, rest);
    bytes.fill(0, length, length + slack);
    this.#bytes = bytes;
    this.#view = bytes.subarray(0, length);
    this.#latin1 = this.#view.toString('latin1');
    this.#ampersand = this.#latin1.indexOf('&');
    this.#at = 0;
  }

  /** No more bytes will come. A last end tag that only lacks its bracket is taken as whole. */
  end(): void {
    const [root] = this.#names;
    if (this.#failure !== '' || this.#skip !== null || root === undefined) return;
    const tag = this.#view.toString('latin1', this.#at).trimEnd();
    if (!tag.startsWith('</') || localName(tag.slice(2)) !== this.#names.at(-1)?.text) return;
    this.#handler.note('missing-root-end', tag);
    this.#close();
  }

  /** Reads on by one token; false when the bytes do not suffice or no more are of interest. */
  #step(): boolean {
    if (this.#failure !== '') return false;
    if (this.#handler.done) return this.#trail();
    return this.#skip === null ? this.#content() : this.#jump(this.#skip);
  }

  #content(): boolean {
    const start = this.#at;
    const end = this.#nextLessThan(start);
    if (this.#wanted) this.#gathered.add(this.#bytes, start, end, false);
    this.#at = end;
    if (end === this.#view.length) return false;
    const next = this.#bytes[end + 1];
    if (next === slash) return this.#endTag();
    return next === bang || next === question ? this.#special(next) : this.#startTag();
  }

  /** Offset of the next `<`, or the end. White space before it is shorter than a call of `indexOf` is worth. */
  #nextLessThan(from: number): number {
    let at = from;
    while (isBlank(this.#bytes[at] ?? 0)) at++;
    if (this.#bytes[at] === lessThan) return at;
    const found = this.#latin1.indexOf('<', at);
    return found === -1 ? this.#view.length : found;
  }

  /** The common case: a known name and nothing else between the brackets. Letters and `_` are above `>`, what may follow a name is below. */
  #startTag(): boolean {
    const start = this.#at + 1;
    let end = start;
    let hash = 0;
    let byte = this.#bytes[end] ?? 0;
    while (byte > greaterThan) {
      hash = hashStep(hash, byte);
      byte = this.#bytes[++end] ?? 0;
    }
    const name = byte === greaterThan ? findName(hash, this.#bytes, start, end) : undefined;
    if (name === undefined) return this.#anyStartTag();
    this.#at = end + 1;
    if (!this.#handler.isLeaf(name) || !this.#wholeLeaf(name)) this.#open(name, '');
    return true;
  }

  #wholeLeaf(name: Name): boolean {
    const start = this.#at;
    const end = this.#latin1.indexOf('<', start);
    if (end - start > this.#limits.textChars || !closesAt(this.#bytes, end, name)) return false;
    if (this.#wanted) this.#holdText();
    this.#handler.leaf(name, this.#value(start, end));
    this.#at = end + name.bytes.length + 3;
    return true;
  }

  #value(start: number, end: number): string {
    if (this.#ampersand !== -1 && this.#ampersand < start) this.#ampersand = this.#latin1.indexOf('&', start);
    if (this.#ampersand === -1 || this.#ampersand >= end) {
      const text = plainText(this.#latin1, this.#bytes, start, end);
      if (!odd.test(text)) return text;
    }
    this.#gathered.add(this.#bytes, start, end, false);
    return this.#bounded(this.#gathered.take());
  }

  #bounded(text: string): string {
    return boundedText(text, this.#limits.textChars, this.#handler);
  }

  #anyStartTag(): boolean {
    const tag = scanStartTag(this.#view, this.#at);
    if (tag === 'incomplete') return false;
    if (tag === 'text') return this.#bareLessThan();
    this.#at = tag.end;
    this.#open(nameOf(tag.name), tag.inner);
    if (tag.bare) this.#close();
    return true;
  }

  #endTag(): boolean {
    const innermost = this.#names[this.#names.length - 1];
    if (innermost === undefined || !closesAt(this.#bytes, this.#at, innermost)) return this.#anyEndTag();
    this.#at += innermost.bytes.length + 3;
    this.#close();
    return true;
  }

  #anyEndTag(): boolean {
    const tag = scanEndTag(this.#view, this.#at);
    if (tag === 'incomplete') return false;
    if (tag === 'text') return this.#bareLessThan();
    this.#at = tag.end;
    if (tag.bare) this.#handler.note('missing-bracket', tag.name);
    this.#closeNamed(tag.name);
    return true;
  }

  /** Comment, CDATA, DOCTYPE or processing instruction. */
  #special(first: number): boolean {
    const start = this.#at + 1;
    const isLetter = ((this.#bytes[start + 1] ?? 0) | 32) >= 97;
    if (first === question && isLetter) return this.#startSkip('instruction', 2);
    if (standsAt(commentStart, this.#bytes, start)) return this.#startSkip('comment', 4);
    if (standsAt(cdataStart, this.#bytes, start)) return this.#startSkip('cdata', specialBytes);
    if (standsAt(doctypeStart, this.#bytes, start)) return this.#doctype();
    const enough = first === question ? 3 : specialBytes;
    return this.#view.length - this.#at >= enough && this.#bareLessThan();
  }

  #startSkip(skip: Skip, bytes: number): boolean {
    this.#skip = skip;
    this.#at += bytes;
    return true;
  }

  #doctype(): boolean {
    this.#handler.note('doctype', 'a DOCTYPE is never used');
    return this.#startSkip('doctype', specialBytes);
  }

  #jump(skip: Skip): boolean {
    const mark = endMarks[skip];
    const found = this.#latin1.indexOf(mark, this.#at);
    const end = found === -1 ? Math.max(this.#at, this.#view.length - mark.length + 1) : found;
    if (skip === 'cdata' && this.#wanted) this.#gathered.add(this.#bytes, this.#at, end, true);
    if (skip === 'doctype' && this.#entersSubset(end)) return true;
    this.#at = found === -1 ? end : end + mark.length;
    if (found !== -1) this.#skip = skip === 'subset' ? 'doctype' : null;
    return found !== -1;
  }

  #entersSubset(end: number): boolean {
    const bracket = this.#bytes.subarray(this.#at, end).indexOf('[');
    if (bracket === -1) return false;
    return this.#startSkip('subset', bracket + 1);
  }

  #bareLessThan(): boolean {
    this.#handler.note('bare-less-than', '');
    if (this.#wanted) this.#gathered.add(this.#bytes, this.#at, this.#at + 1, false);
    this.#at++;
    return true;
  }

  #trail(): boolean {
    if (!this.#sawTrailing && notBlank.test(this.#latin1.slice(this.#at))) {
      this.#sawTrailing = true;
      this.#handler.note('trailing-content', '');
    }
    this.#at = this.#view.length;
    return false;
  }

  #open(name: Name, tag: string): void {
    while (this.#handler.provesEnd(name)) this.#closeUnclosed();
    if (this.#names.length >= this.#limits.xmlDepth) {
      this.#failure = `elements are nested more than ${this.#limits.xmlDepth} deep`;
      return;
    }
    if (this.#wanted) this.#holdText();
    this.#names.push(name);
    this.#wanted = this.#handler.open(name, tag);
    this.#texts.push(this.#wanted ? '' : null);
  }

  /** Puts the gathered text of the innermost element by before a child begins. */
  #holdText(): void {
    const innermost = this.#texts.length - 1;
    const held = this.#texts[innermost] ?? '';
    const more = this.#gathered.take();
    if (held.length <= this.#limits.textChars) this.#texts[innermost] = held + more;
  }

  #closeNamed(name: string): void {
    const place = this.#names.findLastIndex((open) => open.text === name);
    if (place === -1) {
      this.#handler.note('stray-end-tag', name);
      return;
    }
    while (this.#names.length > place + 1) this.#closeUnclosed();
    this.#close();
  }

  #closeUnclosed(): void {
    this.#handler.note('unclosed-element', this.#names.at(-1)?.text ?? '');
    this.#close();
  }

  #close(): void {
    if (this.#wanted) this.#holdText();
    const text = this.#texts.pop() ?? null;
    this.#names.pop();
    this.#wanted = typeof this.#texts[this.#texts.length - 1] === 'string';
    this.#handler.close(text === null ? null : this.#bounded(text));
  }
}
