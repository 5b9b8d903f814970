import type { SendMailOptions, SentMessageInfo } from 'nodemailer';
import { messageOf } from '../../base/failure.js';
import { plainText } from '../../base/text.js';
import type { ChannelConfig } from '../../config/config.js';
import { limits } from '../../config/limits.js';
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
      return deps.signal.aborted ? { kind: 'aborted' } : failed(error, hide);
    }
  },
};

async function sendMail(message: Rendered, channel: ChannelConfig, deps: AttemptDeps): Promise<SentMessageInfo | null> {
  const { createTransport } = await import('nodemailer');
  if (deps.signal.aborted) return null;
  const transport = createTransport(transportOf(channel, deps.timeoutMs ?? limits.smtpDeliveryMs));
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

function failed(error: unknown, hide: (text: string) => string): Attempt {
  const { code = '', responseCode = 0 } = error as { code?: string; responseCode?: number };
  const late = code === 'ETIMEDOUT';
  const reason = late ? 'timeout' : responseCode > 0 || code === 'EAUTH' ? 'other' : 'connect';
  return { kind: 'failed', reason, message: plainText(hide(messageOf(error))), retryAfterMs: null };
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
