import type { Limits } from '../config/limits.js';
import { endingNotes, mergeEndings } from './ending.js';
import type { Flow } from './flow.js';

/** Unpacked bytes of one part so far, all members and layers together. */
export interface Tally {
  bytes: number;
}

interface Room {
  readonly bytes: number;
  readonly bound: string;
}

/** Hands on what the bounds allow; the byte past a bound closes the flow, which then ends `oversized`. */
export function bounded(flow: Flow, limits: Limits, tally: Tally): Flow {
  const notes = endingNotes('unpacked');
  let given = 0;
  let over = false;
  return {
    next: async () => {
      const chunk = over ? null : await flow.next();
      if (chunk === null) return null;
      const room = roomLeft(given, flow.packed(), limits, tally);
      const allowed = chunk.length <= room.bytes ? chunk : chunk.subarray(0, room.bytes);
      given += allowed.length;
      tally.bytes += allowed.length;
      if (allowed !== chunk) {
        over = true;
        notes.fail('oversized', 'oversized', room.bound);
        await flow.close();
      }
      return allowed.length === 0 ? null : allowed;
    },
    close: flow.close,
    ending: () => mergeEndings(flow.ending(), notes.ending()),
    packed: flow.packed,
  };
}

function roomLeft(given: number, packed: number, limits: Limits, tally: Tally): Room {
  const ratioBytes = Math.max(limits.ratioGraceBytes, packed * limits.unpackRatio);
  const rooms: readonly Room[] = [
    { bytes: limits.unpackedBytes - given, bound: `more than ${limits.unpackedBytes} bytes in one file` },
    {
      bytes: limits.unpackedTotalBytes - tally.bytes,
      bound: `more than ${limits.unpackedTotalBytes} bytes in all files together`,
    },
    { bytes: ratioBytes - given, bound: `unpacks to more than ${limits.unpackRatio} times its packed size` },
  ];
  return rooms.reduce((least, room) => (room.bytes < least.bytes ? room : least));
}
