import { plainText } from '../base/text.js';
import { openStoreReader } from '../store/store.js';
import type { StoredMail } from '../store/store.js';
import { mailChoice, mailsIn, noneFits, placeOf } from './mail-choice.js';
import type { MailOptions } from './mail-choice.js';
import { openOutput } from './output.js';

/** `ruawatch mails`: the ledger, last first; why a mail was not imported. Resolves with the exit code. */
export async function mails(
  db: string,
  options: MailOptions & { readonly json?: boolean },
  { out, err }: { readonly out: NodeJS.WriteStream; readonly err: NodeJS.WriteStream },
): Promise<number> {
  const choice = mailChoice(options);
  const reader = openStoreReader(db);
  const output = openOutput(out);
  let shown = 0;
  try {
    for await (const mail of mailsIn(reader, choice)) {
      output.write(options.json ? `${JSON.stringify(asJson(mail))}\n` : asText(mail));
      shown += 1;
      await output.drained();
    }
  } finally {
    reader.close();
  }
  if (shown === 0) err.write(noneFits(db));
  return 0;
}

function asJson(mail: StoredMail) {
  const received_at = mail.received_at === null ? null : isoTime(mail.received_at);
  return { ...mail, received_at, processed_at: isoTime(mail.processed_at) };
}

function asText(mail: StoredMail): string {
  const subject = mail.subject === null ? '' : `  "${plainText(mail.subject, 80)}"`;
  const head = `${mail.id}  ${isoTime(mail.processed_at)}  ${plainText(placeOf(mail))}  ${mail.outcome}${subject}`;
  return `${head}\n    ${sentenceOf(mail)}\n`;
}

function sentenceOf({ reason, report_ids: ids }: StoredMail): string {
  const stored = ids.length > 0 ? `stored as ${ids.length === 1 ? 'report' : 'reports'} ${ids.join(', ')}` : '';
  return [stored, plainText(reason, 1_000)].filter((each) => each !== '').join('; ') || 'nothing of it is stored now';
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
