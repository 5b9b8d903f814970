import type { Clock } from '../base/clock.js';
import type { Events } from '../observe/events.js';

/** Looks that the rate is taken over: some thousand mails, so that one large mail does not spoil the time that is left. */
const looksKept = 20;

interface Look {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly done: number;
}

/** Mails that wait in the folders of one source, told as one number, and how they become fewer. */
export class Backlog {
  readonly #source: string;
  readonly #events: Events;
  readonly #clock: Clock;
  readonly #folders = new Map<string, { readonly left: number; readonly oldest: number }>();
  #done = 0;
  #looks: Look[] = [];

  constructor(source: string, events: Events, clock: Clock) {
    this.#source = source;
    this.#events = events;
    this.#clock = clock;
  }

  /** `oldest` in Unix seconds, 0 when it is not known. */
  set(folder: string, left: number, oldest: number): void {
    if (this.#left() === 0) this.#begin();
    this.#done += Math.max(0, (this.#folders.get(folder)?.left ?? 0) - left);
    this.#folders.set(folder, { left, oldest });
    this.#looks = [...this.#looks, { at: this.#clock.now(), done: this.#done }].slice(-looksKept);
    const dates = [...this.#folders.values()].map((each) => each.oldest).filter((date) => date > 0);
    this.#events.backlog(this.#source, {
      left: this.#left(),
      oldest: dates.length === 0 ? 0 : Math.min(...dates),
      done: this.#done,
      perSecond: this.#rate(),
      secondsLeft: this.#secondsLeft(),
    });
  }

  #begin(): void {
    this.#done = 0;
    this.#looks = [];
  }

  #left(): number {
    return [...this.#folders.values()].reduce((sum, each) => sum + each.left, 0);
  }

  #rate(): number | null {
    const [first, last] = [this.#looks[0], this.#looks.at(-1)];
    if (!first || !last || last.at <= first.at || last.done === first.done) return null;
    return ((last.done - first.done) * 1000) / (last.at - first.at);
  }

  #secondsLeft(): number | null {
    const [left, rate] = [this.#left(), this.#rate()];
    if (left === 0) return 0;
    return rate === null ? null : Math.ceil(left / rate);
  }
}
