import type { Events } from '../observe/events.js';

/** Mails that wait in the folders of one source, told as one number. */
export class Backlog {
  readonly #source: string;
  readonly #events: Events;
  readonly #folders = new Map<string, { readonly left: number; readonly oldest: number }>();

  constructor(source: string, events: Events) {
    this.#source = source;
    this.#events = events;
  }

  /** `oldest` in Unix seconds, 0 when it is not known. */
  set(folder: string, left: number, oldest: number): void {
    this.#folders.set(folder, { left, oldest });
    const folders = [...this.#folders.values()];
    const dates = folders.map((each) => each.oldest).filter((date) => date > 0);
    this.#events.backlog(this.#source, {
      left: folders.reduce((sum, each) => sum + each.left, 0),
      oldest: dates.length === 0 ? 0 : Math.min(...dates),
    });
  }
}
