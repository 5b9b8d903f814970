import { readFile } from 'node:fs/promises';
import type { SendMailOptions, SentMessageInfo } from 'nodemailer';
import { codeOf, messageOf } from '../../base/failure.js';
import { plainText } from '../../base/text.js';
import type { ChannelConfig } from '../../config/config.js';
import { limits } from '../../config/limits.js';
import { isStrangeAuthority } from '../authority.js';
import type { Notice } from '../notice.js';
import { hiding } from '../post.js';
import type { Attempt, AttemptDeps } from '../post.js';
import type { ChannelType, Rendered } from './channel.js';
import { fit } from './text.js';

/** What the outbox keeps of a mail; the rest of its bytes follows from id and configuration. */
interface Letter {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Unix seconds. */
  readonly at: number;
  /** Mails about one alert stand in one thread. */
  readonly thread: string | null;
}

/** Mail by SMTP: smtps:// (TLS), smtp:// (STARTTLS, required) or smtp+notls:// (a relay on this machine). */
export const email: ChannelType = {
  render: (notice) => {
    const letter: Letter = {
      subject: fit(notice.title, limits.mailSubjectChars),
      text: textOf(notice),
      html: htmlOf(notice),
      at: notice.message.at,
      thread: notice.subject,
    };
    return JSON.stringify(letter);
  },
  send: async (message, channel, deps) => {
    const hide = hiding([channel.secret ?? '', Buffer.from(channel.secret ?? '').toString('base64')]);
    try {
      const info = await sendMail(message, channel, deps);
      return deps.signal.aborted && info === null ? { kind: 'aborted' } : delivered(info);
    } catch (error) {
      return deps.signal.aborted ? { kind: 'aborted' } : failed(error, channel, hide);
    }
  },
};

async function sendMail(message: Rendered, channel: ChannelConfig, deps: AttemptDeps): Promise<SentMessageInfo | null> {
  const { createTransport } = await import('nodemailer');
  const tls = await tlsOf(channel);
  if (deps.signal.aborted) return null;
  const transport = createTransport({ ...transportOf(channel, deps.timeoutMs ?? limits.smtpDeliveryMs), ...tls });
  let stop = () => {};
  const aborted = new Promise<null>((resolve) => (stop = () => resolve(null)));
  deps.signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([transport.sendMail(mailOf(message, channel)) as Promise<SentMessageInfo>, aborted]);
  } finally {
    deps.signal.removeEventListener('abort', stop);
    transport.close();
  }
}

function transportOf({ url, user, secret }: ChannelConfig, timeoutMs: number) {
  const { protocol, hostname, port } = new URL(url ?? '');
  const secure = protocol === 'smtps:';
  const open = protocol === 'smtp+notls:';
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : open ? 25 : 587) : Number(port),
    secure,
    requireTLS: protocol === 'smtp:',
    ignoreTLS: open,
    ...(user === null || secret === null ? {} : { auth: { user, pass: secret } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** The authority is read for every mail, so that a renewed file is taken up. */
async function tlsOf({ ca_file: path }: ChannelConfig): Promise<{ tls?: { ca: string } }> {
  if (path === null) return {};
  const ca = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`ca_file ${path} cannot be read: ${codeOf(error) || messageOf(error)}`, { cause: error });
  });
  if (!ca.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`ca_file ${path} holds no certificate in PEM form`);
  return { tls: { ca } };
}

/** The same bytes on every attempt: date, id and boundary come from the message. */
function mailOf({ id, body }: Rendered, { from, to }: ChannelConfig): SendMailOptions {
  const letter = JSON.parse(body) as Letter;
  const host = (from ?? '').slice((from ?? '').lastIndexOf('@') + 1);
  return {
    from: from ?? '',
    to: [...to],
    subject: letter.subject,
    text: letter.text,
    html: letter.html,
    date: new Date(letter.at * 1000),
    messageId: `<${id}@${host}>`,
    ...(letter.thread === null ? {} : { references: `<${letter.thread}@${host}>` }),
    headers: { 'Auto-Submitted': 'auto-generated' },
    ...{ baseBoundary: id },
  };
}

function delivered(info: SentMessageInfo | null): Attempt {
  const { rejected = [], response = '' } = (info ?? {}) as { rejected?: readonly unknown[]; response?: string };
  const message = `accepted (${plainText(response, 60)})`;
  if (rejected.length === 0) return { kind: 'delivered', message };
  return { kind: 'delivered', message, warning: `the mail server refused ${rejected.length} of its recipients` };
}

/** What nodemailer throws: `originalCode` is that of the socket, where it was one. */
interface MailError {
  readonly code?: string;
  readonly originalCode?: string;
  readonly responseCode?: number;
}

function failed(error: unknown, channel: ChannelConfig, hide: (text: string) => string): Attempt {
  const { code = '', originalCode = '', responseCode = 0 } = error as MailError;
  const late = code === 'ETIMEDOUT';
  const reason = late ? 'timeout' : responseCode > 0 || code === 'EAUTH' ? 'other' : 'connect';
  // OpenSSL's own sentences are of no use to people; its codes can be looked up.
  const text = originalCode.startsWith('ERR_SSL') ? originalCode : messageOf(error);
  const hint = hintOf(error as MailError, channel);
  return { kind: 'failed', reason, message: plainText(hide(text)), retryAfterMs: null, ...(hint && { hint }) };
}

function hintOf({ code = '', originalCode = '', responseCode = 0 }: MailError, channel: ChannelConfig): string {
  const { name, ca_file } = channel;
  if (isStrangeAuthority(originalCode)) {
    return ca_file === null
      ? `set ca_file of ${name} to the PEM file of the authority that signed the certificate of the server`
      : `ca_file of ${name} does not hold the authority that signed the certificate of the server`;
  }
  if (originalCode === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `write a name in the url of ${name} that the certificate has`;
  const isSilent = code === 'ETIMEDOUT' && responseCode === 0;
  if (!isSilent && !originalCode.startsWith('ERR_SSL')) return '';
  return `look at the url of ${name}: smtps:// is TLS from the start (port 465), smtp:// is STARTTLS (port 587)`;
}

function textOf({ lines, facts, link }: Notice): string {
  const table = facts.map(({ name, value }) => `${name}: ${value}`);
  return [lines.join('\n\n'), table.join('\n'), link ?? ''].filter((each) => each !== '').join('\n\n') + '\n';
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => entities[char] ?? '');
}

function htmlOf({ title, lines, facts, link }: Notice): string {
  const rows = facts.map(
    ({ name, value }) => `<tr><th align="left">${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
  );
  return [
    `<h3>${escaped(title)}</h3>`,
    ...lines.map((line) => `<p>${escaped(line)}</p>`),
    ...(rows.length === 0 ? [] : [`<table>${rows.join('')}</table>`]),
    ...(link === null ? [] : [`<p><a href="${escaped(link)}">Open</a></p>`]),
  ].join('\n');
}
