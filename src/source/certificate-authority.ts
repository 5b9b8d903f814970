import { readFile } from 'node:fs/promises';
import { codeOf, messageOf } from '../base/failure.js';
import type { MailboxConfig } from '../config/config.js';
import { PollFailure } from './poll-failure.js';

/** The PEM text of ca_file, read at every login so that a renewed file is taken up; null when none is set. */
export async function readAuthority({ name, ca_file }: MailboxConfig): Promise<string | null> {
  if (ca_file === null) return null;
  const pem = await readFile(ca_file, 'utf8').catch((error: unknown) => {
    const message = `mailbox ${name}: ca_file ${ca_file} cannot be read: ${codeOf(error) || messageOf(error)}`;
    throw new PollFailure('tls', message, 'set ca_file of the mailbox to a PEM file that this user may read', error);
  });
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  const message = `mailbox ${name}: ca_file ${ca_file} holds no certificate`;
  throw new PollFailure(
    'tls',
    message,
    'set ca_file of the mailbox to a PEM file (it begins with -----BEGIN CERTIFICATE-----)',
  );
}
