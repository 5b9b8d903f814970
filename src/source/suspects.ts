/** Failed fetches after which a mail travels alone: one is a bad network, two may be a bad mail. */
const lossesToSuspect = 2;

/**
 * Mails whose fetch ended badly. Some servers refuse a mail that is damaged on their side, or end the connection over it, without
 * saying which it was; so after a second loss its company is fetched one by one, and the one that fails again goes to the end.
 */
export class Suspects {
  readonly #losses = new Map<string, number>();

  lost(place: string, uids: readonly number[]): void {
    for (const uid of uids) this.#losses.set(keyOf(place, uid), this.#of(place, uid) + 1);
  }

  cleared(place: string, uids: readonly number[]): void {
    for (const uid of uids) this.#losses.delete(keyOf(place, uid));
  }

  /** Groups of at most `size`: first the good, in order; then each suspect alone, the least often lost first. */
  groups(place: string, uids: readonly number[], size: number): readonly (readonly number[])[] {
    const good = uids.filter((uid) => this.#of(place, uid) < lossesToSuspect);
    const suspects = uids.filter((uid) => this.#of(place, uid) >= lossesToSuspect);
    suspects.sort((a, b) => this.#of(place, a) - this.#of(place, b) || a - b);
    const groups: (readonly number[])[] = [];
    for (let start = 0; start < good.length; start += size) groups.push(good.slice(start, start + size));
    return [...groups, ...suspects.map((uid) => [uid])];
  }

  /** Whether a group is one mail that is to blame. */
  blames(place: string, uids: readonly number[]): boolean {
    const [only] = uids;
    return uids.length === 1 && only !== undefined && this.#of(place, only) > lossesToSuspect;
  }

  #of(place: string, uid: number): number {
    return this.#losses.get(keyOf(place, uid)) ?? 0;
  }
}

function keyOf(place: string, uid: number): string {
  return `${uid} ${place}`;
}
