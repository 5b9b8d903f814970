import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, messageOf } from '../../base/failure.js';
import type { Limits } from '../../config/limits.js';
import { loginCommand, oauthFailure } from './fault.js';

/** Where the refresh token of a mailbox is kept between runs: one line in a file that only its owner can read. */
export class TokenFile {
  readonly #path: string;
  readonly #mailbox: string;
  readonly #limits: Pick<Limits, 'tokenBytes'>;
  /** A token that could not be written, and the one in the file that it replaces. */
  #unsaved: { readonly token: string; readonly over: string } | null = null;

  constructor(path: string, mailbox: string, limits: Pick<Limits, 'tokenBytes'>) {
    this.#path = path;
    this.#mailbox = mailbox;
    this.#limits = limits;
  }

  /** Read anew each time: `ruawatch login` may have replaced it. */
  async read(): Promise<string> {
    const token = await this.#tokenIn();
    if (this.#unsaved?.over !== token) this.#unsaved = null;
    return this.#unsaved?.token ?? token;
  }

  /** Replaces the token in one step, so that a crash leaves the old or the other. It is kept in memory when that fails. */
  async save(token: string, over = ''): Promise<void> {
    const before = this.#unsaved?.token === over ? this.#unsaved.over : over;
    this.#unsaved = { token, over: before };
    try {
      await replaceFile(this.#path, `${token}\n`);
    } catch (error) {
      const what = `the refresh token cannot be written to ${this.#path}: ${codeOf(error) || messageOf(error)}`;
      const hint = `let this user write to that folder, or set token_file in oauth of the mailbox; else after a restart it may take ${loginCommand(this.#mailbox)}`;
      throw oauthFailure(this.#mailbox, { reason: 'other', what, hint });
    }
    this.#unsaved = null;
  }

  async #tokenIn(): Promise<string> {
    const text = await textUpTo(this.#path, this.#limits.tokenBytes).catch((error: unknown) => {
      const code = codeOf(error);
      const what =
        code === 'ENOENT'
          ? `nobody has logged in yet: there is no ${this.#path}`
          : `${this.#path} cannot be read: ${code}`;
      const hint = code === 'ENOENT' ? `log in: ${loginCommand(this.#mailbox)}` : 'let this user read the file';
      throw oauthFailure(this.#mailbox, { reason: 'auth', what, hint });
    });
    const token = text?.trim() ?? '';
    if (/^[\x21-\x7e]+$/.test(token)) return token;
    const what = `${this.#path} holds no refresh token`;
    throw oauthFailure(this.#mailbox, { reason: 'auth', what, hint: `log in: ${loginCommand(this.#mailbox)}` });
  }
}

/** Null when there is more. */
async function textUpTo(path: string, bound: number): Promise<string | null> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bound + 1), 0, bound + 1, 0);
    return bytesRead > bound ? null : buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** The rename itself lasts only when its folder was synced; where that cannot be done the token is in place all the same. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => null);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
