import { systemClock } from '../base/clock.js';
import { codeOf, Failure, messageOf } from '../base/failure.js';
import { plainText } from '../base/text.js';
import type { Config } from '../config/config.js';
import { limits } from '../config/limits.js';
import { originalsOf } from '../config/originals.js';
import { storeMails } from '../intake.js';
import { senderCheckOf } from '../pipeline.js';
import type { RawMail } from '../model/raw-mail.js';
import { lockStore, StoreWriter } from '../store/store.js';
import type { StoreLock } from '../store/store.js';
import { standardInput } from './standard-input.js';

/** Exit codes that mail servers know (sysexits.h). */
export const pipeCodes = { stored: 0, usage: 64, tooLarge: 65, tryAgain: 75 } as const;

/**
 * `ruawatch ingest --pipe -`: one mail from a mail server's pipe. Resolves with 0 once it is committed, whatever it turned out to
 * be, and with 75 for all that a person can mend, settings included: a mail server keeps such a mail and tries again, any
 * other code would bounce the report.
 */
export async function pipe(read: () => Promise<Config>, err: NodeJS.WriteStream): Promise<number> {
  try {
    const raw = await standardInput(limits.mailBytes);
    const config = await read();
    const answer = await handOver(config, raw);
    const end = answer === 'nobody there' ? await storeHere(config, raw, err) : answer;
    if (end === 'stored') return pipeCodes.stored;
    err.write(`ruawatch: the mail has ${raw.size} bytes, more than the service takes\n`);
    return pipeCodes.tooLarge;
  } catch (error) {
    const hint = error instanceof Failure && error.hint !== '' ? ` (${error.hint})` : '';
    err.write(`ruawatch: ${plainText(messageOf(error) + hint, 500)}\n`);
    return pipeCodes.tryAgain;
  }
}

/** The token is wrong, or may not post. */
const refused: readonly number[] = [401, 403];

type Answer = 'stored' | 'too large' | 'nobody there';

/** To the service, which alone writes while it runs. Throws a Failure when it is there but does not store. */
async function handOver(config: Config, { content }: RawMail): Promise<Answer> {
  const token = config.push_token ?? config.api_token;
  if (token === null || content?.kind !== 'bytes') return 'nobody there';
  const address = `http://${reachable(config.listen)}/api/v1/mails`;
  const response = await post(address, token, content.bytes);
  if (response === null) return 'nobody there';
  const { status } = response;
  const text = await response.text();
  if (status === 200 || status === 202) return 'stored';
  if (status === 413) return 'too large';
  throw new Failure(`the service at ${address} answered ${status}: ${plainText(text)}`, {
    hint: refused.includes(status) ? 'give the pipe the push_token of the service, or a token with the scope push' : '',
  });
}

/** Null when nothing listens there. */
async function post(address: string, token: string, body: Buffer): Promise<Response | null> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'message/rfc822' };
  try {
    return await fetch(`${address}?source=stdin`, { method: 'POST', headers, body: new Uint8Array(body) });
  } catch (error) {
    const code = codeOf(error instanceof Error ? error.cause : null);
    if (code === 'ECONNREFUSED') return null;
    throw new Failure(`the service at ${address} gave no answer: ${code || messageOf(error)}`);
  }
}

/** An address that means every interface is reached on this machine. */
function reachable(listen: string): string {
  return listen.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
}

async function storeHere(config: Config, raw: RawMail, err: NodeJS.WriteStream): Promise<'stored' | 'too large'> {
  const { db, authserv_ids: authservIds, domains } = config;
  const lock = lockUnlessTooLarge(db, raw);
  if (!lock) return 'too large';
  const ours = domains.length > 0 ? { ours: domains } : {};
  const store = new StoreWriter(db, { originals: originalsOf(config), ...ours });
  try {
    const senders = senderCheckOf(config, (_, sentence) => err.write(`ruawatch: ${sentence}\n`));
    await storeMails(store, [raw], Math.floor(systemClock.now() / 1000), { authservIds, senders });
    return 'stored';
  } finally {
    await store.close();
    lock.release();
  }
}

/** Null for a mail above the bound when somebody else writes to the database: it will be as large at the next try. */
function lockUnlessTooLarge(db: string, { content }: RawMail): StoreLock | null {
  try {
    return lockStore(db, 'ruawatch ingest --pipe');
  } catch (error) {
    if (content === null) return null;
    throw error;
  }
}
