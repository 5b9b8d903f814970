import type { Authenticity } from '../model/part.js';

/** The newest signed mails of a mailbox that are looked at, and how many there must be before anything is said. */
const looked = { newest: 20, least: 5 };

/** Whether most of the newest signed mails, newest last, were altered: then something changes them on their way. */
export function mostlyAltered(all: readonly Authenticity[]): boolean {
  const signed = all.filter((each) => each !== 'unverified').slice(-looked.newest);
  return signed.length >= looked.least && signed.filter((each) => each === 'failed').length * 2 > signed.length;
}

/** Watches the signed mails of every mailbox as they come, and tells once a mailbox when most of them were altered. */
export class AlteredMails {
  readonly #tell: (mailbox: string) => void;
  readonly #newest = new Map<string, Authenticity[]>();
  readonly #told = new Set<string>();

  constructor(tell: (mailbox: string) => void) {
    this.#tell = tell;
  }

  note(mailbox: string, authenticity: Authenticity): void {
    if (authenticity === 'unverified' || this.#told.has(mailbox)) return;
    const newest = [...(this.#newest.get(mailbox) ?? []), authenticity].slice(-looked.newest);
    this.#newest.set(mailbox, newest);
    if (!mostlyAltered(newest)) return;
    this.#told.add(mailbox);
    this.#tell(mailbox);
  }
}
