import { mergeEndings } from './ending.js';
import type { EndingNotes } from './ending.js';
import type { Flow, Peekable } from './flow.js';
import type { Inflation } from './inflate.js';

/** What `data` unpacks out of `flow`. `judge` looks once at the end of the data and at what follows it, and takes notes. */
export function inflatedFlow(
  flow: Peekable,
  data: Pick<Inflation, 'next' | 'close'>,
  notes: EndingNotes,
  judge: () => Promise<void>,
): Flow {
  let over = false;
  return {
    next: async () => {
      const bytes = over ? null : await data.next();
      if (bytes !== null || over) return bytes;
      over = true;
      await judge();
      return null;
    },
    close: async () => {
      over = true;
      data.close();
      await flow.close();
    },
    ending: () => mergeEndings(flow.ending(), notes.ending()),
  };
}
