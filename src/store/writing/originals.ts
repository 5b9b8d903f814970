import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { constants, deflateSync, inflateSync } from 'node:zlib';
import { daySeconds } from '../../base/clock.js';
import { codeOf } from '../../base/failure.js';
import type { Limits } from '../../config/limits.js';
import { sizeOf } from '../../model/content.js';
import type { Content } from '../../model/content.js';
import type { RawMail } from '../../model/raw-mail.js';
import type { Connection } from '../database.js';

/** How long originals are kept, and how many packed bytes of them together. `days` 0: none. */
export interface OriginalsPolicy {
  readonly days: number;
  readonly bytes: number;
}

/** A piece is packed by itself, so that memory does not grow with the mail. */
const pieceBytes = 1024 * 1024;
/** Numbers of pieces a mail, in the keys of the table. */
const piecesPerMail = 1024;
/** Originals and packed bytes removed in one step: some milliseconds of the writer. */
const step = { mails: 500, bytes: 64 * 1024 * 1024 };
/** Report mails are mostly base64 of gzip: a higher level takes longer and gains nothing. */
const packing = { level: constants.Z_BEST_SPEED };

/** The mails as they came, packed. Runs inside the caller's transactions. */
export class Originals {
  readonly #policy: OriginalsPolicy;
  readonly #limits: Limits;
  readonly #addPiece;
  readonly #add;
  readonly #sum;
  readonly #oldest;
  readonly #removePieces;
  readonly #remove;
  readonly #size;
  readonly #pieces;
  #total: number | null = null;

  constructor(db: Connection, policy: OriginalsPolicy, limits: Limits) {
    this.#policy = policy;
    this.#limits = limits;
    this.#addPiece = db.prepare<[number, Buffer]>('INSERT INTO original_pieces (id, content) VALUES (?, ?)');
    this.#add = db.prepare<[number, number, number]>(
      'INSERT INTO originals (mail_id, kept_at, bytes) VALUES (?, ?, ?)',
    );
    this.#sum = db.prepare<[], number>('SELECT coalesce(sum(bytes), 0) FROM originals').pluck();
    this.#oldest = db.prepare<[number], { mail_id: number; kept_at: number; bytes: number }>(
      'SELECT mail_id, kept_at, bytes FROM originals ORDER BY mail_id LIMIT ?',
    );
    this.#removePieces = db.prepare<[number, number]>('DELETE FROM original_pieces WHERE id >= ? AND id < ?');
    this.#remove = db.prepare<[number]>('DELETE FROM originals WHERE mail_id = ?');
    this.#size = db.prepare<[number], number>('SELECT bytes FROM originals WHERE mail_id = ?').pluck();
    this.#pieces = db
      .prepare<[number, number], Buffer>('SELECT content FROM original_pieces WHERE id >= ? AND id < ? ORDER BY id')
      .pluck();
  }

  /** Keeps the bytes of a mail; gives their SHA-256. Null when nothing was read: it is too large, was not fetched, or its file cannot be opened. */
  keep(mailId: number, { content }: RawMail, now: number): Buffer | null {
    if (!content || sizeOf(content) > this.#limits.originalBytes) return null;
    const keeps = this.#policy.days > 0;
    if (!keeps && content.kind === 'file') return null;
    const digest = createHash('sha256');
    let bytes = 0;
    let place = 0;
    try {
      for (const piece of piecesOf(content)) {
        digest.update(piece);
        if (!keeps) continue;
        // A file that grows while it is read has no more places than it had bytes.
        if (place >= piecesPerMail) break;
        const packed = packedOf(piece);
        this.#addPiece.run(mailId * piecesPerMail + place++, packed);
        bytes += packed.length;
      }
    } catch (error) {
      if (codeOf(error).startsWith('SQLITE_')) throw error;
      // The walk opens the file itself and says what is wrong with it.
      this.#drop(mailId);
      return null;
    }
    if (keeps) this.#book(mailId, now, bytes);
    return digest.digest();
  }

  #book(mailId: number, now: number, bytes: number): void {
    this.#total = this.#sumNow() + bytes;
    this.#add.run(mailId, now, bytes);
  }

  /** Removes the oldest of what is too old or too much, at most one step of it. True when there is more to remove. */
  makeRoom(now: number): boolean {
    const oldestKept = now - this.#policy.days * daySeconds;
    const stays = (keptAt: number): boolean => keptAt > oldestKept && this.#sumNow() <= this.#policy.bytes;
    // Asked after every mail, and nearly always there is nothing to do.
    const first = this.#oldest.get(1);
    if (!first || stays(first.kept_at)) return false;
    let removed = 0;
    for (const { mail_id, kept_at, bytes } of this.#oldest.all(step.mails)) {
      if (stays(kept_at)) return false;
      if (removed > 0 && removed + bytes > step.bytes) return true;
      this.#drop(mail_id);
      removed += bytes;
      this.#total = this.#sumNow() - bytes;
    }
    return this.#oldest.get(1) !== undefined && removed > 0;
  }

  /** After a rollback the sum is counted again. */
  forget(): void {
    this.#total = null;
  }

  /** The bytes of a mail as they came; null when they are not kept. */
  read(mailId: number): Buffer | null {
    if (this.#size.get(mailId) === undefined) return null;
    const packed = this.#pieces.all(mailId * piecesPerMail, (mailId + 1) * piecesPerMail);
    return Buffer.concat(packed.map(unpackedOf));
  }

  #drop(mailId: number): void {
    this.#removePieces.run(mailId * piecesPerMail, (mailId + 1) * piecesPerMail);
    this.#remove.run(mailId);
  }

  #sumNow(): number {
    this.#total ??= this.#sum.get() ?? 0;
    return this.#total;
  }
}

/** The first two bytes of gzip (RFC 1952) and zip: packing these again takes time and gains nothing. */
const packedAlready: ReadonlySet<number> = new Set([0x1f8b, 0x504b]);
/** The first byte of what deflateSync makes (RFC 1950 section 2.2); no gzip or zip begins with it. */
const zlibByte = 0x78;

function packedOf(piece: Buffer): Buffer {
  const isPacked = piece.length > 1 && packedAlready.has(piece.readUInt16BE());
  return isPacked ? piece : deflateSync(piece, packing);
}

function unpackedOf(piece: Buffer): Buffer {
  return piece[0] === zlibByte ? inflateSync(piece, { maxOutputLength: pieceBytes }) : piece;
}

function* piecesOf(content: Content): Generator<Buffer> {
  if (content.kind === 'bytes') {
    const { bytes } = content;
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
    return;
  }
  const file = openSync(content.path, 'r');
  try {
    const piece = Buffer.alloc(Math.min(pieceBytes, Math.max(1, content.size)));
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) yield piece.subarray(0, read);
  } finally {
    closeSync(file);
  }
}
