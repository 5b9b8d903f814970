import type { Limits } from '../config/limits.js';
import type { Content } from '../model/content.js';
import { sizeOf } from '../model/content.js';
import { endingNotes, mergeEndings } from './ending.js';
import type { Flow } from './flow.js';

/** Spent so far on a mail: all its parts, members and layers together. */
export interface Tally {
  /** Unpacked bytes. */
  bytes: number;
  /** Members of gzip streams, and of archives, that were opened: an empty one costs time and no bytes. */
  members: number;
}

export const nothingSpent = (): Tally => ({ bytes: 0, members: 0 });

/** What one part may still unpack. */
export interface Budget {
  readonly limits: Limits;
  readonly tally: Tally;
  /** Where the tally stands when the part has unpacked as many times its own size as it may. */
  readonly ratioEnd: number;
}

/** The ratio is judged over the whole part: members that share their packed bytes gain nothing by it. */
export function budgetOf(content: Content, limits: Limits, tally: Tally): Budget {
  const allowed = Math.max(limits.ratioGraceBytes, Math.ceil(sizeOf(content) * limits.unpackRatio));
  return { limits, tally, ratioEnd: tally.bytes + allowed };
}

/** Why nothing more may be unpacked; null while something may. */
export function spentReason(budget: Budget): string | null {
  const room = leastRoom(sharedRooms(budget));
  return room.bytes > 0 ? null : room.bound;
}

interface Room {
  readonly bytes: number;
  readonly bound: string;
}

/** Hands on what the bounds allow; the byte past a bound closes the flow, which then ends `oversized`. */
export function bounded(flow: Flow, budget: Budget): Flow {
  const notes = endingNotes('unpacked');
  let given = 0;
  let over = false;
  return {
    next: async () => {
      const chunk = over ? null : await flow.next();
      if (chunk === null) return null;
      const room = roomLeft(given, budget);
      const allowed = chunk.length <= room.bytes ? chunk : chunk.subarray(0, room.bytes);
      given += allowed.length;
      budget.tally.bytes += allowed.length;
      if (allowed !== chunk) {
        over = true;
        notes.fail('oversized', 'oversized', room.bound);
        await flow.close();
      }
      return allowed.length === 0 ? null : allowed;
    },
    close: flow.close,
    ending: () => mergeEndings(flow.ending(), notes.ending()),
  };
}

function roomLeft(given: number, budget: Budget): Room {
  const { unpackedBytes } = budget.limits;
  const own = { bytes: unpackedBytes - given, bound: `more than ${unpackedBytes} bytes in one file` };
  return leastRoom([own, ...sharedRooms(budget)]);
}

function sharedRooms({ limits, tally, ratioEnd }: Budget): readonly [Room, Room] {
  return [
    {
      bytes: limits.unpackedTotalBytes - tally.bytes,
      bound: `more than ${limits.unpackedTotalBytes} bytes in all files together`,
    },
    { bytes: ratioEnd - tally.bytes, bound: `unpacks to more than ${limits.unpackRatio} times its packed size` },
  ];
}

function leastRoom([first, ...others]: readonly [Room, ...Room[]]): Room {
  return others.reduce((least, room) => (room.bytes < least.bytes ? room : least), first);
}
