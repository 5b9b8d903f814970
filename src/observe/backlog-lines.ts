import type { BacklogFacts } from './events.js';

/** From this many mails on a backlog is worth lines of its own, in place of one for each batch. */
const longBacklog = 500;
/** Lines over a backlog, besides the one of its beginning. */
const steps = 20;

/** Which looks at a backlog are worth a line: the first, the last and every twentieth of the way, however many mails there are. */
export class BacklogLines {
  readonly #told = new Map<string, { readonly done: number; readonly step: number }>();

  isDue(mailbox: string, { left, done }: BacklogFacts): boolean {
    const told = this.#told.get(mailbox);
    if (left + done < longBacklog) {
      this.#told.delete(mailbox);
      return false;
    }
    const before = told === undefined || told.done > done ? -1 : told.step;
    const step = Math.floor((steps * done) / (left + done));
    this.#told.set(mailbox, { done, step: Math.max(step, before) });
    if (left === 0) this.#told.delete(mailbox);
    return step > before;
  }

  /** Whether a long backlog of this mailbox is under way. */
  isUnderWay(mailbox: string): boolean {
    return this.#told.has(mailbox);
  }
}
