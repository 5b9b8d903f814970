import { createHash } from 'node:crypto';

const prefix = 'sha256:';

/** Stands in the ledger for the place of a mail that was handed to us: the same bytes have the same one. `sha256:` and 64 hex digits. */
export function digestPath(bytes: Buffer): string {
  return prefix + createHash('sha256').update(bytes).digest('hex');
}

/** The same for bytes that come piece by piece and are not kept. */
export function openDigest(): { add(bytes: Buffer): void; path(): string } {
  const hash = createHash('sha256');
  return { add: (bytes) => void hash.update(bytes), path: () => prefix + hash.digest('hex') };
}

/**
 * SHA-256 of a bearer token. A fast hash is enough: the tokens that we store are 256 random bits, which nobody guesses, however
 * many guesses a second; slow hashes are for passwords that people choose.
 */
export function tokenDigest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
