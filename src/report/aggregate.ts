import type { Limits } from '../config/limits.js';
import { passes, type Generation, type RecordSink, type ReportHeader, type ReportTotals } from '../model/report.js';
import { Drafts, slot } from './drafts.js';
import { cutName } from './element-text.js';
import { completedByName } from './file-name.js';
import { generationOf, hasNewWords, namespaceOf } from './generation.js';
import { headerOf } from './header.js';
import { knownName, type Name } from './names.js';
import { extensionPlace, recordPlace, rootPlace, rowPlace, type Place, type Refusal } from './places.js';
import type { Note, ProblemCode, ProblemList } from './problems.js';
import { recordOf } from './record.js';
import type { XmlHandler } from './xml-handler.js';

const rootName = knownName('feedback');
const recordName = knownName('record');
const rowName = knownName('row');
/** Stands at the end of a name that markup broke. */
const breakMark = '\ufffd';
/** The parts of a report; none of them stands in another. */
const sections = new Set(['report_metadata', 'policy_published', 'record'].map(knownName));

/**
 * From tokens to a report. Elements are known by their local name and their place, never by their order; whatever is
 * unknown is left out with all that is in it. Records go to the sink as they close.
 */
export class AggregateReader implements XmlHandler {
  readonly #sink: RecordSink;
  readonly #limits: Limits;
  readonly #problems: ProblemList;
  readonly #drafts = new Drafts();
  /** Places of the open elements around the present one; null where an element is not read. */
  readonly #outer: (Place | null)[] = [];
  #place: Place | null = null;
  /** The leaf that is being decoded, before its tokens are told. */
  #leaf: Place | null = null;
  #firstElement: string | null = null;
  #hasRoot = false;
  #isComplete = false;
  #overflow = '';
  #hidesRecords = false;
  #hasSecond = false;
  #hasLead = false;
  #hasTrail = false;
  #namespace: string | null = null;
  #recordNumber = 0;
  #unclosedRecords = 0;
  #hasUnclosed = false;
  #leavesOut = false;
  /** Whether markup stands in the name that is being read. */
  #isBroken = false;
  #sawNewWords = false;
  readonly #totals = { records: 0, messages: 0, dkimPass: 0, spfPass: 0, pass: 0 };
  readonly #note: Note = (code, path, detail) => {
    this.#problems.add(code, () => this.#whereIs(path), detail);
  };

  constructor(sink: RecordSink, limits: Limits, problems: ProblemList) {
    this.#sink = sink;
    this.#limits = limits;
    this.#problems = problems;
  }

  /** Local name of the first element of all, or null. */
  get firstElement(): string | null {
    return this.#firstElement;
  }

  /** Whether a `feedback` element has begun. */
  get hasRoot(): boolean {
    return this.#hasRoot;
  }

  /** Whether it has ended. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Why the rest of the records is not read, or "". */
  get overflow(): string {
    return this.#overflow;
  }

  /** Whether anything was read that only a report has. */
  get hasContent(): boolean {
    const { texts } = this.#drafts;
    return this.#totals.records > 0 || [slot.reportId, slot.begin, slot.domain].some((at) => texts[at] !== null);
  }

  /** Whether one of the parts of a report has begun. */
  get hasParts(): boolean {
    return this.#drafts.seen !== 0 || this.#recordNumber > 0 || this.hasContent;
  }

  /** Whether records may be in what was not read: in an unknown element, or in front of an end tag that has no start tag. */
  get hidesRecords(): boolean {
    const isSuspicious = this.#hasUnclosed || this.#totals.records === 0;
    return this.#hidesRecords || (this.#leavesOut && isSuspicious);
  }

  /** Whether another report follows in the same file. */
  get hasSecond(): boolean {
    return this.#hasSecond;
  }

  get done(): boolean {
    return this.#hasSecond || this.#overflow !== '';
  }

  get wantsTag(): boolean {
    return !this.#hasRoot;
  }

  get namespace(): string | null {
    return this.#namespace;
  }

  get totals(): ReportTotals {
    return { ...this.#totals };
  }

  get generation(): Generation {
    return generationOf(this.#namespace, this.#drafts, this.#sawNewWords);
  }

  /** What is known of the head so far; says nothing of its faults. */
  get headerSoFar(): ReportHeader {
    return headerOf(this.#drafts, () => undefined);
  }

  /** The head of the whole report, completed by the file's name; notes its faults. */
  finalHeader(fileName: string | null = null): ReportHeader {
    const note: Note = (code, path, detail) => {
      this.#problems.add(code, () => path, detail);
    };
    return completedByName(headerOf(this.#drafts, note), fileName, note);
  }

  isLeaf(name: Name): boolean {
    const place = this.#place?.children[name.id];
    this.#leaf = place?.isLeaf === true ? place : null;
    return this.#leaf !== null;
  }

  leaf(_name: Name, text: string): void {
    if (this.#leaf !== null) this.#put(this.#leaf, text);
    this.#leaf = null;
  }

  /** A leaf ends before its sibling, and a section, with all that is in it, before the next section. */
  provesEnd(name: Name): boolean {
    const place = this.#place;
    if (place === null || name.id === 0) return false;
    if (place.isLeaf) return this.#outer[this.#outer.length - 1]?.children[name.id] !== undefined;
    return sections.has(name) && place !== rootPlace && place !== extensionPlace;
  }

  open(name: Name, tag: string): boolean {
    this.#leaf = null;
    this.#firstElement ??= name.text;
    if (this.#place?.isName === true) this.#breakName(name.text);
    this.#outer.push(this.#place);
    if (this.#isComplete) this.#noteSecond(name);
    this.#place = this.#hasRoot ? this.#enter(name) : this.#enterRoot(name, tag);
    if (this.#place === null && name.text.toLowerCase() === rowName.text) this.#noteLeftOut();
    return this.#place !== null && (this.#place.isLeaf || this.#place.put !== null);
  }

  close(text: string | null): void {
    const place = this.#place;
    if (place !== null) {
      if (text !== null) this.#put(place, this.#isBroken ? text + breakMark : text);
      this.#isBroken = false;
      if (place.leave !== null) place.leave(this.#drafts, this.#note);
    }
    if (place === recordPlace) this.#endRecord();
    if (place === rootPlace) this.#isComplete = true;
    this.#place = this.#outer.pop() ?? null;
  }

  outside(): void {
    if (this.#isComplete) this.#noteTrailing();
    else this.#hasLead = true;
  }

  note(code: ProblemCode, detail: string): void {
    if (this.#isComplete) return this.#noteTrailing();
    if (code === 'unclosed-element') this.#noteUnclosed();
    if (code === 'stray-end-tag') this.#noteStrayEnd(detail);
    const place = this.#leaf ?? this.#place;
    this.#problems.add(code, () => (place === null ? '' : this.#pathOf(place)), detail);
  }

  /** Whatever it is, it is said once, and what is odd in it does not matter. */
  #noteTrailing(): void {
    if (!this.#hasTrail) this.#problems.add('trailing-content', () => '', '');
    this.#hasTrail = true;
  }

  #noteSecond(name: Name): void {
    this.#noteTrailing();
    if (name !== rootName && name !== recordName) return;
    this.#hasSecond = true;
    this.#problems.add('second-report', () => '', '');
  }

  /** Of a record that stands in another, the outer one was closed before. Any other lacks its start, and with it what it held. */
  #noteStrayEnd(name: string): void {
    if (this.#place?.isName === true) this.#isBroken = true;
    if (name !== recordName.text) return;
    if (this.#unclosedRecords === 0) this.#hidesRecords = true;
    else this.#unclosedRecords--;
  }

  /** Markup in a name, word or number: its pieces must not make another one. */
  #breakName(element: string): void {
    this.#isBroken = true;
    const place = this.#place;
    this.#problems.add('element-in-text', () => (place === null ? '' : this.#pathOf(place)), element);
  }

  /** The row of a record in an unknown element is not read; what is in an extension is its maker's own. */
  #noteLeftOut(): void {
    if (!this.#hasRoot || this.#isComplete || this.#overflow !== '' || this.#outer.includes(extensionPlace)) return;
    this.#leavesOut = true;
    this.#problems.add('record-left-out', () => '', '');
  }

  /** What is not known is left out with all that is in it: without an end tag, that may have been records. */
  #noteUnclosed(): void {
    this.#hasUnclosed = true;
    if (this.#place === recordPlace) this.#unclosedRecords++;
    if (this.#place === extensionPlace) this.#hidesRecords = true;
    const around = this.#outer[this.#outer.length - 1];
    if (this.#place === null && around !== null && around !== undefined && !around.isLeaf) this.#hidesRecords = true;
  }

  #enterRoot(name: Name, tag: string): Place | null {
    if (name !== rootName) return null;
    this.#hasRoot = true;
    if (this.#outer.length > 1) this.note('wrapper-element', this.#firstElement ?? '');
    else if (this.#firstElement !== name.text) this.#hasLead = true;
    if (this.#hasLead) this.#problems.add('leading-content', () => '', '');
    this.#namespace = namespaceOf(tag);
    return rootPlace;
  }

  #enter(name: Name): Place | null {
    const place = this.#place?.children[name.id];
    if (place === undefined) return null;
    if (place === recordPlace && !this.#startRecord()) return null;
    const refusal = place.enter === null ? null : place.enter(this.#drafts, this.#limits);
    if (name.text === 'identities') this.#problems.add('misnamed-element', () => this.#pathOf(place), name.text);
    if (refusal === null) return place;
    this.#refuse(refusal, place, '');
    return null;
  }

  #put(place: Place, text: string): void {
    if (place.slot >= 0) {
      const { texts } = this.#drafts;
      const first = texts[place.slot] ?? null;
      if (first !== null) this.#repeat(place, first, text);
      else texts[place.slot] = place.isName && text.length > this.#limits.nameChars ? this.#cut(place, text) : text;
      return;
    }
    const refusal = place.put === null ? null : place.put(this.#drafts, text, this.#limits);
    if (refusal !== null) this.#refuse(refusal, place, text);
  }

  /** The first one counts; but two verdicts that contradict each other are none. */
  #repeat(place: Place, first: string, text: string): void {
    this.#refuse('repeated', place, text);
    const isVerdict = place.slot === slot.dkim || place.slot === slot.spf;
    if (isVerdict && first.toLowerCase() !== text.toLowerCase())
      this.#drafts.texts[place.slot] = cutName(`${first}, ${text}`, this.#limits.nameChars);
  }

  #cut(place: Place, name: string): string {
    this.#problems.add('text-cut', () => this.#pathOf(place), name);
    return cutName(name, this.#limits.nameChars);
  }

  #refuse(refusal: Refusal, place: Place, detail: string): void {
    this.#problems.add(refusal, () => this.#pathOf(place), detail);
    if (place === rowPlace) this.#hidesRecords = true;
  }

  #startRecord(): boolean {
    if (this.#recordNumber >= this.#limits.records) {
      this.#overflow = `there are more than ${this.#limits.records} records`;
      return false;
    }
    this.#recordNumber++;
    return true;
  }

  #endRecord(): void {
    const record = recordOf(this.#drafts, this.#limits, this.#note);
    if (record === null) return;
    if (!this.#sawNewWords) this.#sawNewWords = hasNewWords(record);
    const totals = this.#totals;
    totals.records++;
    totals.messages += record.count;
    if (record.dkim === 'pass') totals.dkimPass += record.count;
    if (record.spf === 'pass') totals.spfPass += record.count;
    if (passes(record)) totals.pass += record.count;
    this.#sink.record(record);
  }

  #pathOf(place: Place): string {
    return place.inRecord ? this.#whereIs(place.path) : place.path;
  }

  /** `record[3]/row/count`: the third record element of the document, those left out included. */
  #whereIs(path: string): string {
    return path === '' ? `record[${this.#recordNumber}]` : `record[${this.#recordNumber}]/${path}`;
  }
}
