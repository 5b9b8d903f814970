import type { DkimResult, OverrideReason, SpfResult } from '../model/report.js';

/** Where the text of each leaf that may stand once is kept. Texts that are cleared together stand together. */
export const slot = {
  ...{ version: 0, orgName: 1, email: 2, extraContactInfo: 3, reportId: 4, begin: 5, end: 6, generator: 7 },
  ...{ domain: 8, adkim: 9, aspf: 10, p: 11, sp: 12, np: 13, pct: 14, fo: 15, testing: 16, discoveryMethod: 17 },
  ...{ sourceIp: 18, count: 19, disposition: 20, dkim: 21, spf: 22, headerFrom: 23, envelopeFrom: 24, envelopeTo: 25 },
  ...{ reasonType: 26, reasonComment: 27 },
  ...{ dkimDomain: 28, dkimSelector: 29, dkimResult: 30, dkimHumanResult: 31 },
  ...{ spfDomain: 32, spfScope: 33, spfResult: 34, spfHumanResult: 35 },
} as const;
const slots = 36;

/** Elements that may stand once and hold others. In the report: */
export const seenMetadata = 1;
export const seenRange = 2;
export const seenPolicy = 4;
export const seenExtension = 8;
/** and in a record: */
export const seenRow = 1;
export const seenEvaluated = 2;
export const seenIdentifiers = 4;

/** The report in hand, in the words of the document; null: the element was not there. */
export class Drafts {
  readonly texts = new Array<string | null>(slots).fill(null);
  readonly errors: string[] = [];
  /** Bits of what has been in the report, and in the present record. */
  seen = 0;
  seenInRecord = 0;
  /** Text of the present reason that stands in none of its elements. */
  reasonText: string | null = null;
  /** Of the present record; it takes them with it. */
  reasons: OverrideReason[] = [];
  authDkim: DkimResult[] = [];
  authSpf: SpfResult[] = [];

  text(at: number): string | null {
    return this.texts[at] ?? null;
  }

  startRecord(): void {
    this.clear(slot.sourceIp, slot.envelopeTo);
    this.seenInRecord = 0;
    this.reasons = [];
    this.authDkim = [];
    this.authSpf = [];
  }

  /** Forgets the texts from one slot to another. */
  clear(from: number, to: number): void {
    for (let at = from; at <= to; at++) this.texts[at] = null;
  }
}
