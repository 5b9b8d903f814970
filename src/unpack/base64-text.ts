import { endingNotes, mergeEndings } from './ending.js';
import { drain } from './flow.js';
import type { Flow } from './flow.js';

/** Bytes whose transfer encoding was not removed, decoded: blanks ignored, padding optional, junk after it dropped. */
export function base64Text(flow: Flow): Flow {
  const notes = endingNotes('base64');
  let carry = '';
  let over = false;
  const next = async (): Promise<Buffer | null> => {
    while (!over) {
      const chunk = await flow.next();
      over = chunk === null;
      let letters = carry + (chunk?.toString('latin1').replace(/\s+/g, '') ?? '');
      const stop = letters.search(/[^A-Za-z0-9+/]/);
      if (stop >= 0) {
        const rest = letters.slice(stop).replace(/^=+/, '').length + (await drain(flow));
        if (rest > 0) notes.note('trailing-bytes', `${rest} bytes after the base64 text were ignored`);
        letters = letters.slice(0, stop);
        over = true;
      }
      const usable = over ? letters.length : letters.length - (letters.length % 4);
      carry = letters.slice(usable);
      if (usable > 0) return decoded(letters.slice(0, usable));
    }
    return null;
  };
  return {
    next: async () => {
      for (let bytes = await next(); bytes !== null; bytes = await next()) if (bytes.length > 0) return bytes;
      return null;
    },
    close: async () => {
      over = true;
      await flow.close();
    },
    ending: () => mergeEndings(flow.ending(), notes.ending()),
  };
}

const decoded = (letters: string): Buffer => Buffer.from(letters, 'base64');
