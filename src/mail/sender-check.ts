import { readFile } from 'node:fs/promises';
import { daySeconds } from '../base/clock.js';
import type { Clock } from '../base/clock.js';
import type { Limits } from '../config/limits.js';
import { sizeOf } from '../model/content.js';
import type { RawMail } from '../model/raw-mail.js';
import { AlteredMails } from './altered.js';
import { authenticityOf, fromDomain, unproven } from './authenticity.js';
import type { MailAuthenticity } from './authenticity.js';
import { checkSignature } from './dkim.js';
import type { KeyLookup, SignedMail } from './dkim.js';
import { DkimKeys } from './dkim-keys.js';
import type { TxtResolver } from './dkim-keys.js';
import { claimedDomain } from './dkim-tags.js';
import { readHeader } from './header.js';
import type { Header } from './header.js';
import { looksLikeMail } from './looks.js';
import { organisations } from './organisations.js';
import { rawMessage } from './raw-fields.js';
import type { RawField, RawMessage } from './raw-fields.js';

/** Checks the DKIM signatures of mails. */
export interface SenderCheck {
  /**
   * What the signatures of each mail prove; null where there is nothing to check or no time was left. Never rejects, and
   * resolves within some seconds whatever the name servers do.
   */
  check(mails: readonly RawMail[]): Promise<(MailAuthenticity | null)[]>;
  /** Whether a name server answers; asks one if that is not known. Never rejects. */
  answering(): Promise<boolean>;
}

/** What people should know of the check. */
export interface SenderNews {
  /** No name server answers, or one does again. */
  answering(answering: boolean): void;
  /** Most of the newest signed mails of a mailbox were altered; told once a mailbox. */
  altered(mailbox: string): void;
}

export interface SenderCheckOptions {
  readonly resolver: TxtResolver;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Whether keys are asked for only once a name server has answered. */
  readonly cautious?: boolean;
  readonly news?: SenderNews;
  /** Mails that carry the word of these servers are not checked again. */
  readonly authservIds: readonly string[];
}

/** Mails that wait for name servers at a time. */
const together = 8;
/** A batch waits this long for all its keys; what is not known by then stays unverified. */
const waitMs = 5_000;
/** After this time the key of a selector may have been replaced: mails are checked within days, keys change every some months. */
const oldSeconds = 30 * daySeconds;

/** Looks up a key of an organisation. */
type KeysOf = (...asked: Parameters<DkimKeys['find']>) => ReturnType<KeyLookup>;

export function openSenderCheck(options: SenderCheckOptions): SenderCheck {
  const { cautious = false, news } = options;
  const keys = new DkimKeys({ ...options, cautious, onAnswering: (answering) => news?.answering(answering) });
  const watch = new AlteredMails((mailbox) => news?.altered(mailbox));
  return {
    answering: () => keys.answering(),
    check: async (mails) => {
      const found = await checkAll(mails, options, (name, organisation) => keys.find(name, organisation));
      found.forEach((each, i) => watch.note(mails[i]?.origin.source ?? '', each?.authenticity ?? 'unverified'));
      return found;
    },
  };
}

async function checkAll(
  mails: readonly RawMail[],
  options: SenderCheckOptions,
  find: KeysOf,
): Promise<(MailAuthenticity | null)[]> {
  const found: (MailAuthenticity | null)[] = mails.map(() => null);
  const ended = new AbortController();
  const late = options.clock.sleep(waitMs, ended.signal);
  const lookup: KeysOf = (...asked) =>
    Promise.race([find(...asked), late.then(() => ({ record: null, reason: 'the name servers took too long' }))]);
  const waiting = mails.entries();
  const work = async (): Promise<void> => {
    for (const [i, raw] of waiting) found[i] = await checkOne(raw, options, lookup);
  };
  await Promise.all(Array.from({ length: Math.min(together, mails.length) }, work));
  ended.abort();
  return found;
}

/** Nothing that goes wrong here may keep a mail from being stored; a file that is gone is told by whoever reads it next. */
async function checkOne(raw: RawMail, options: SenderCheckOptions, lookup: KeysOf): Promise<MailAuthenticity | null> {
  const { limits } = options;
  if (!raw.content || sizeOf(raw.content) > limits.dkimBodyBytes + limits.mailHeaderBytes) return null;
  try {
    const bytes = raw.content.kind === 'bytes' ? raw.content.bytes : await readFile(raw.content.path);
    if (!looksLikeMail(bytes)) return null;
    const at = raw.receivedAt ?? Math.floor(options.clock.now() / 1000);
    const authservIds = raw.fromStranger === true ? [] : options.authservIds;
    return await checkMail(bytes, at, { ...options, authservIds }, lookup);
  } catch {
    return null;
  }
}

/** Only signatures of the domain in From are looked at: no other can show that the mail is from there. */
async function checkMail(
  bytes: Buffer,
  at: number,
  { clock, limits, authservIds }: SenderCheckOptions,
  lookup: KeysOf,
): Promise<MailAuthenticity | null> {
  const header = readHeader(bytes, limits.mailHeaderBytes);
  if (!header.fields.some(({ name }) => name === 'dkim-signature')) return null;
  if ((await authenticityOf(header, authservIds)).authenticity !== 'unverified') return null;
  const from = fromDomain(header);
  const message = rawMessage(bytes, limits.mailHeaderBytes);
  if (from === null || !message || !readsOneWay(message, header)) return null;
  const house = (await organisations())(from);
  const signatures = await ownSignatures(message.fields, house);
  const mail: SignedMail = {
    message,
    body: bytes.subarray(message.bodyStart),
    arrivedAt: at,
    isOld: clock.now() / 1000 - at > oldSeconds,
    hashes: new Map(),
  };
  let failed = false;
  for (const field of signatures.slice(0, limits.dkimSignatures)) {
    const { result } = await checkSignature(mail, field, (name) => lookup(name, house), limits);
    if (result === 'pass') return { authenticity: 'verified', proof: { domain: house, by: 'dkim' } };
    failed ||= result === 'fail';
  }
  return failed ? { authenticity: 'failed', proof: null } : unproven;
}

/** Whether the mail is read as it was signed. Else a signed mail proves what a stranger wrapped around it. */
function readsOneWay({ fields, bodyStart }: RawMessage, read: Header): boolean {
  const alike = fields.length === read.fields.length && fields.every(({ name }, i) => name === read.fields[i]?.name);
  return alike && read.bodyStart === bodyStart;
}

async function ownSignatures(fields: readonly RawField[], house: string): Promise<RawField[]> {
  const organisationOf = await organisations();
  return fields.filter(({ name, text }) => {
    const domain = name === 'dkim-signature' ? claimedDomain(text.slice(text.indexOf(':') + 1)) : null;
    return domain !== null && organisationOf(domain) === house;
  });
}
