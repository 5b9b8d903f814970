import { gzipSync, zipSync } from 'fflate';
import { mailDate, render, type Node } from './mime.js';
import type { Attachment, Dispatch } from './reporter.js';

/** Where rua= points, and the server that notes what it found when a mail came in (RFC 8601). */
export const mailbox = { address: 'dmarc@reports.example', authservId: 'mx.reports.example' } as const;

/** The mail that carries a report. `cut`: the attachment ends in the middle. */
export function reportMail(dispatch: Dispatch, cut: boolean): Buffer {
  const whole = pack(dispatch);
  const bytes = cut ? whole.bytes.subarray(0, Math.floor(whole.bytes.length * 0.6)) : whole.bytes;
  const { reporter } = dispatch;
  return wholeMail({
    from: reporter.email,
    authentic: reporter.authentic,
    subject: reporter.mail.subject(dispatch),
    sentAt: dispatch.sentAt,
    token: dispatch.token,
    content: reporter.mail.compose({ ...whole, bytes }, dispatch),
  });
}

/** Fast enough and no larger than needed for some kilobytes. */
const effort = { level: 6, mem: 4 } as const;

function pack(dispatch: Dispatch): Attachment {
  const { mail } = dispatch.reporter;
  const fileName = mail.fileName(dispatch);
  const xml = Buffer.from(dispatch.xml);
  if (mail.packing === 'gzip') return { fileName, bytes: gzipSync(xml, { ...effort, mtime: dispatch.header.end }) };
  // zip keeps local time: these parts are the same in every time zone
  const mtime = new Date(2024, 0, 1);
  return { fileName, bytes: zipSync({ [mail.memberName(dispatch)]: [xml, { ...effort, mtime }] }) };
}

export interface Letter {
  readonly from: string;
  /** Whether our server found DMARC to pass. */
  readonly authentic: boolean;
  readonly subject: string;
  /** Unix seconds. */
  readonly sentAt: number;
  readonly token: string;
  readonly content: Node;
}

/** Address and trace headers, then the content. */
export function wholeMail(letter: Letter): Buffer {
  const host = letter.from.slice(letter.from.indexOf('@') + 1);
  const verdict = letter.authentic
    ? `dkim=pass header.d=${host};\r\n spf=pass smtp.mailfrom=${host}; dmarc=pass header.from=${host}`
    : `dkim=none; spf=none smtp.mailfrom=${host};\r\n dmarc=none header.from=${host}`;
  const headers = [
    `Received: from out.${host} by ${mailbox.authservId}\r\n with ESMTPS id ${letter.token}; ${mailDate(letter.sentAt)}`,
    `Authentication-Results: ${mailbox.authservId}; ${verdict}`,
    `From: ${letter.from}`,
    `To: ${mailbox.address}`,
    `Subject: ${letter.subject}`,
    `Date: ${mailDate(letter.sentAt)}`,
    `Message-ID: <${letter.token}@${host}>`,
    'MIME-Version: 1.0',
    ...letter.content.headers,
  ];
  return Buffer.from(render({ headers, body: letter.content.body }), 'latin1');
}
