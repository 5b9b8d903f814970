import type { Limits } from '../config/limits.js';
import { boundedText, ElementText, withCutMark } from './element-text.js';
import { findName, nameAt, tagForms, withoutPrefix, type Name } from './names.js';
import { endOfPlain, PlainTexts } from './plain-texts.js';
import { isSpace, localName, scanEndTag, scanStartTag, type Tag } from './tag.js';
import { standAt, wordsOf } from './words.js';
import type { XmlHandler } from './xml-handler.js';

const bang = 33;
const slash = 47;
const lessThan = 60;
const greaterThan = 62;
const question = 63;
const openingBracket = 91;

const commentStart = wordsOf(Buffer.from('!--'));
const cdataStart = wordsOf(Buffer.from('![CDATA['));
const doctypeStart = wordsOf(Buffer.from('!DOCTYPE'));
const specialBytes = 1 + cdataStart.length;
/** More than the longest known tag. */
const slack = 64;

/** A run that is jumped over up to its end mark. */
type Skip = 'comment' | 'cdata' | 'instruction' | 'doctype';
const endMarks: Readonly<Record<Exclude<Skip, 'doctype'>, Buffer>> = {
  comment: Buffer.from('-->'),
  cdata: Buffer.from(']]>'),
  instruction: Buffer.from('?>'),
};

/** A search by hand over so many bytes is quicker than a call of `indexOf`. */
const shortSearch = 48;

/** Longer ones are read the slow way. */
const longestPrefix = 32;

/** What they remember depends on nothing but the bytes of the texts, so all readers share it. */
const plainTexts = new PlainTexts();

/** Offset of the first byte from `at` on that is no line end and no blank. */
function endOfBlanks(bytes: Buffer, at: number): number {
  let end = at;
  for (let byte = bytes[end]; byte === 32 || byte === 10 || byte === 13 || byte === 9; byte = bytes[end]) end++;
  return end;
}

const hasContent = (bytes: Buffer): boolean => bytes.some((byte) => byte !== 0 && !isSpace(byte));

/**
 * A forgiving streaming reader of UTF-8 XML. It knows no DTD: a DOCTYPE is jumped over, and one that declares something ends the reading.
 * Attributes are ignored, prefixes dropped. What cannot be markup is text; an end tag closes everything opened since its
 * start tag. Work is linear in the bytes, whatever they are; memory is one block and one incomplete tag.
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
  /** The same, to be read in words. */
  #words = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, slack);
  /** The same without the zeros. */
  #view: Buffer = this.#bytes.subarray(0, 0);
  #at = 0;
  #forms = withoutPrefix;
  #skip: Skip | null = null;
  #wanted = false;
  #failure = '';

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
    if (this.#failure !== '' || this.#handler.done) return;
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
    if (bytes !== this.#bytes) this.#words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#bytes = bytes;
    this.#view = bytes.subarray(0, length);
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

  /** Reads on while all is written the usual way: known names, leaves of plain text, nothing but blanks between the tags. */
  #readUsual(): void {
    while (!this.#handler.done && this.#failure === '' && (!this.#wanted || this.#isTextEmpty())) {
      const open = endOfBlanks(this.#bytes, this.#at);
      if (this.#bytes[open] !== lessThan) return;
      const isRead = this.#bytes[open + 1] === slash ? this.#usualEndTag(open) : this.#usualStartTag(open);
      if (!isRead) return;
    }
  }

  #usualEndTag(open: number): boolean {
    const end = this.#forms.ends[this.#names[this.#names.length - 1]?.id ?? 0];
    if (end === undefined || !standAt(end, this.#words, open)) return false;
    this.#at = open + end.length;
    this.#close();
    return true;
  }

  /** Of a leaf, all of it. */
  #usualStartTag(open: number): boolean {
    const { prefix } = this.#forms;
    const start = open + 1 + prefix.length;
    if (prefix.length > 0 && !standAt(prefix, this.#words, open + 1)) return false;
    const name = findName(this.#bytes, this.#words, start);
    const close = start + (name?.words.length ?? 0);
    if (name === undefined || this.#bytes[close] !== greaterThan) return false;
    if (this.#handler.isLeaf(name)) return this.#wholeLeaf(name, close + 1);
    this.#at = close + 1;
    this.#open(name, '');
    return true;
  }

  /** Reads a leaf whose start tag ends at `from`, if all of it is in sight and nothing but text is in it. */
  #wholeLeaf(name: Name, from: number): boolean {
    const bytes = this.#bytes;
    const start = endOfBlanks(bytes, from);
    const end = endOfPlain(bytes, start);
    const next = bytes[end] === lessThan ? end : endOfBlanks(bytes, end);
    const isPlain = bytes[next] === lessThan;
    const close = isPlain ? next : this.#nextLessThan(next);
    const tag = this.#forms.ends[name.id];
    if (close - start > this.#limits.textChars || tag === undefined || !standAt(tag, this.#words, close)) return false;
    this.#handler.leaf(name, isPlain ? plainTexts.text(bytes, this.#words, start, end) : this.#oddText(start, close));
    this.#at = close + tag.length;
    return true;
  }

  #oddText(start: number, end: number): string {
    this.#gathered.add(this.#bytes, start, end, false);
    return this.#bounded(this.#gathered.take());
  }

  /** Whether the innermost open element has no text so far: blanks at its start do not count. */
  #isTextEmpty(): boolean {
    return this.#gathered.isEmpty && this.#texts[this.#texts.length - 1] === '';
  }

  /** Reads on by one token; false when the bytes do not suffice or no more are of interest. */
  #step(): boolean {
    if (this.#failure !== '') return false;
    if (this.#skip !== null) return this.#jump(this.#skip);
    this.#readUsual();
    return !this.#handler.done && this.#content();
  }

  #content(): boolean {
    const start = this.#at;
    const end = this.#nextLessThan(start);
    if (this.#wanted) this.#gathered.add(this.#bytes, start, end, false);
    if (this.#names.length === 0 && hasContent(this.#view.subarray(start, end))) this.#handler.outside();
    this.#at = end;
    if (end === this.#view.length) return false;
    const next = this.#bytes[end + 1];
    if (next === slash) return this.#endTag();
    return next === bang || next === question ? this.#special(next) : this.#startTag();
  }

  /** Offset of the next `<`, or the end. */
  #nextLessThan(from: number): number {
    const near = Math.min(from + shortSearch, this.#view.length);
    let at = from;
    while (at < near && this.#bytes[at] !== lessThan) at++;
    if (at < near) return at;
    const found = this.#view.indexOf(lessThan, at);
    return found === -1 ? this.#view.length : found;
  }

  #bounded(text: string): string {
    return boundedText(text, this.#limits.textChars, this.#handler);
  }

  #startTag(): boolean {
    const tag = scanStartTag(this.#view, this.#at);
    if (tag === 'incomplete') return false;
    if (tag === 'text') return this.#bareLessThan();
    this.#at = tag.end;
    if (this.#names.length === 0 && tag.local > tag.name) this.#takePrefix(tag);
    const name = nameAt(this.#bytes, this.#words, tag.local, tag.nameEnd);
    if (this.#wanted) this.#holdText();
    if (!tag.bare && this.#handler.isLeaf(name) && this.#wholeLeaf(name, tag.end)) return true;
    this.#open(name, this.#handler.wantsTag ? this.#view.toString('utf8', tag.name, tag.close) : '');
    if (tag.bare) this.#close();
    return true;
  }

  /** A document whose first element has a prefix has it everywhere, if it is the usual kind. */
  #takePrefix(tag: Tag): void {
    const prefix = this.#view.toString('latin1', tag.name, tag.local);
    if (prefix.length <= longestPrefix) this.#forms = tagForms(prefix);
  }

  #endTag(): boolean {
    const tag = scanEndTag(this.#view, this.#at);
    if (tag === 'incomplete') return false;
    if (tag === 'text') return this.#bareLessThan();
    this.#at = tag.end;
    const name = nameAt(this.#bytes, this.#words, tag.local, tag.nameEnd);
    if (tag.bare) this.#handler.note('missing-bracket', name.text);
    this.#closeNamed(name.text);
    return true;
  }

  /** Comment, CDATA, DOCTYPE or processing instruction. */
  #special(first: number): boolean {
    const start = this.#at + 1;
    const isLetter = ((this.#bytes[start + 1] ?? 0) | 32) >= 97;
    if (first === question && isLetter) return this.#startSkip('instruction', 2);
    if (standAt(commentStart, this.#words, start)) return this.#startSkip('comment', 4);
    if (standAt(cdataStart, this.#words, start)) return this.#startSkip('cdata', specialBytes);
    if (standAt(doctypeStart, this.#words, start)) return this.#doctype();
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
    if (skip === 'doctype') return this.#jumpDoctype();
    const mark = endMarks[skip];
    const found = this.#view.indexOf(mark, this.#at);
    const end = found === -1 ? Math.max(this.#at, this.#view.length - mark.length + 1) : found;
    if (skip === 'cdata' && this.#wanted) this.#gathered.add(this.#bytes, this.#at, end, true);
    this.#at = found === -1 ? end : end + mark.length;
    if (found !== -1) this.#skip = null;
    return found !== -1;
  }

  /** To the end of a DOCTYPE. What it declares could make a document say anything: no report has such, and none is read. */
  #jumpDoctype(): boolean {
    let at = this.#at;
    while (at < this.#view.length && this.#bytes[at] !== greaterThan && this.#bytes[at] !== openingBracket) at++;
    if (at === this.#view.length) {
      this.#at = at;
      return false;
    }
    this.#at = at + 1;
    this.#skip = null;
    if (this.#bytes[at] === openingBracket) this.#failure = 'it has a DOCTYPE with declarations, which no report has';
    return this.#failure === '';
  }

  #bareLessThan(): boolean {
    this.#handler.note('bare-less-than', '');
    if (this.#wanted) this.#gathered.add(this.#bytes, this.#at, this.#at + 1, false);
    this.#at++;
    return true;
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
    if (more === '') return;
    this.#texts[innermost] = held.length <= this.#limits.textChars ? held + more : withCutMark(held);
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
