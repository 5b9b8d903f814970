import { endingNotes } from './ending.js';
import { drain } from './flow.js';
import type { Flow, Peekable } from './flow.js';
import { cutShort, unframedInflation } from './inflate.js';
import { inflatedFlow } from './inflated-flow.js';

/** A deflate stream (RFC 1951) without any frame: it has no checksum, only its own end mark proves that it is whole. */
export function rawDeflate(flow: Peekable): Flow {
  const notes = endingNotes('deflate');
  const data = unframedInflation(flow);
  return inflatedFlow(flow, data, notes, async () => {
    const damage = data.damage();
    const rest = await drain(flow);
    if (damage === cutShort) notes.fail('truncated', 'truncated', 'the deflate data stops before its end');
    else if (damage !== null) notes.fail('corrupt', 'damaged', damage);
    else if (rest > 0) notes.note('trailing-bytes', `${rest} bytes after the deflate data were ignored`);
  });
}
