import { base64Lines, multipart, plainPart, type Node } from './mime.js';
import type { Attachment, Dispatch, MailHabits } from './reporter.js';

/** RFC 7489 section 7.2.1.1: the form that most reporters use. */
export const plainMail: MailHabits = {
  subject: ({ domain, reporter, header }) =>
    `Report Domain: ${domain} Submitter: ${reporter.submitter} Report-ID: <${header.reportId}>`,
  fileName: (dispatch) => `${stem(dispatch)}.xml.gz`,
  memberName: (dispatch) => `${stem(dispatch)}.xml`,
  packing: 'gzip',
  compose: (attachment, dispatch) =>
    withText(dispatch, `DMARC aggregate report for ${dispatch.domain}.\n`, attached(attachment, 'application/gzip')),
};

/** The whole mail is the archive. */
export const googleMail: MailHabits = {
  ...plainMail,
  subject: ({ domain, reporter, header }) =>
    `Report domain: ${domain} Submitter: ${reporter.submitter} Report-ID: ${header.reportId}`,
  fileName: (dispatch) => `${stem(dispatch)}.zip`,
  packing: 'zip',
  compose: (attachment) => attached(attachment, 'application/zip'),
};

/** An HTML page three levels deep, the report beside it, a stray semicolon after the file name. */
export const microsoftMail: MailHabits = {
  ...plainMail,
  subject: (dispatch) => encodedWords(plainMail.subject(dispatch)),
  compose: (attachment, dispatch) => {
    const html = `<html><body><p>This is a DMARC aggregate report for ${dispatch.domain}.</p></body></html>`;
    const page: Node = {
      headers: ['Content-Type: text/html; charset="us-ascii"', 'Content-Transfer-Encoding: base64'],
      body: base64Lines(html),
    };
    const related = multipart('related', `_002_${dispatch.token}_`, [
      multipart('alternative', `_003_${dispatch.token}_`, [page]),
    ]);
    const report: Node = {
      headers: [
        'Content-Type: application/gzip',
        'Content-Transfer-Encoding: base64',
        `Content-ID: <${dispatch.token}>`,
        `Content-Description: ${attachment.fileName}`,
        `Content-Disposition: attachment; filename="${attachment.fileName}";`,
      ],
      body: base64Lines(attachment.bytes),
    };
    return multipart('mixed', `_001_${dispatch.token}_`, [related, report]);
  },
};

/** No id in the subject, the text in base64, the name only in Content-Disposition. */
export const mailRuMail: MailHabits = {
  ...plainMail,
  subject: ({ domain }) => `Report Domain: ${domain}; Submitter: Mail.Ru;`,
  compose: (attachment, dispatch) => {
    const text: Node = {
      headers: ['Content-Type: text/plain; charset="utf-8"', 'Content-Transfer-Encoding: base64'],
      body: base64Lines(`This is an aggregate report from Mail.Ru.\n`),
    };
    const report: Node = {
      headers: [
        'Content-Type: application/gzip',
        'Content-Transfer-Encoding: base64',
        `Content-Disposition: attachment; filename="${attachment.fileName}"`,
      ],
      body: base64Lines(attachment.bytes),
    };
    return multipart('mixed', `===============${dispatch.token}==`, [text, report]);
  },
};

/** Braces in the subject; a file name in pieces (RFC 2231 section 3). */
export const amazonMail: MailHabits = {
  ...plainMail,
  subject: ({ domain, header }) => {
    const date = new Date(header.begin * 1000).toISOString().slice(0, 10);
    return `Dmarc Aggregate Report Domain: {${domain}}  Submitter: {Amazon SES}  Date: {${date}}  Report-ID: {${header.reportId}}`;
  },
  compose: (attachment, dispatch) => {
    const [first, second] = halves(attachment.fileName);
    const report: Node = {
      headers: [
        `Content-Type: application/octet-stream;\r\n\tname*0="${first}";\r\n\tname*1="${second}"`,
        'Content-Transfer-Encoding: base64',
        `Content-Disposition: attachment;\r\n\tfilename*0="${first}";\r\n\tfilename*1="${second}"`,
      ],
      body: base64Lines(attachment.bytes),
    };
    return withText(dispatch, `This MIME email was sent through Amazon SES.\n`, report);
  },
};

/** Shown inline; the subject's id is the report's id with a date in front. */
export const fastmailMail: MailHabits = {
  ...plainMail,
  subject: ({ domain, header }) => {
    const date = new Date(header.end * 1000).toISOString().slice(0, 10).replaceAll('-', '.');
    return `Report Domain: ${domain} Submitter: fastmail.com Report-ID: <${date}.${header.reportId}@fastmail.com>`;
  },
  compose: (attachment, dispatch) => {
    const [first, second] = halves(attachment.fileName);
    const report: Node = {
      headers: [
        `Content-Type: application/gzip; name="${attachment.fileName}"`,
        'Content-Transfer-Encoding: base64',
        `Content-Disposition: inline;\r\n filename*0="${first}";\r\n filename*1="${second}"`,
      ],
      body: base64Lines(attachment.bytes),
    };
    return withText(dispatch, `This is a DMARC aggregate report for ${dispatch.domain}.\n`, report);
  },
};

/** gzip that calls itself zip. */
export const mislabelledMail: MailHabits = {
  ...plainMail,
  compose: (attachment, dispatch) =>
    withText(dispatch, `DMARC aggregate report for ${dispatch.domain}.\n`, attached(attachment, 'application/zip')),
};

export const comcastMail: MailHabits = {
  ...plainMail,
  subject: ({ domain, header }) => `Report Domain: ${domain} Submitter: comcast.net Report-ID: ${header.reportId}`,
  compose: (attachment, dispatch) =>
    withText(dispatch, `Aggregate report attached.\n`, attached(attachment, 'application/x-gzip')),
};

/** The whole mail is the gzip; Content-Disposition twice, the first time without a name. */
export const mimecastMail: MailHabits = {
  ...plainMail,
  subject: ({ domain, header }) =>
    `Report Domain: ${domain} Submitter: mimecast.org\r\n Report-ID:\r\n <${header.reportId}>`,
  compose: (attachment) => ({
    headers: [
      `Content-Type: application/gzip; name="${attachment.fileName}"`,
      'Content-Disposition: attachment',
      'Content-Transfer-Encoding: base64',
      `Content-Disposition: attachment; filename="${attachment.fileName}"`,
    ],
    body: base64Lines(attachment.bytes),
  }),
};

/** A subject over three lines, folded with tabs, without brackets. */
export const rspamdMail: MailHabits = {
  ...plainMail,
  subject: ({ domain, reporter, header }) =>
    `Report Domain: ${domain}\r\n\tSubmitter: ${reporter.submitter}\r\n\tReport-ID: ${header.reportId}`,
  compose: (attachment, dispatch) => {
    const report = attached(attachment, 'application/gzip');
    return withText(dispatch, `This is an aggregate report from ${dispatch.reporter.submitter}.\n`, {
      ...report,
      body: base64Lines(attachment.bytes, 80),
    });
  },
};

/** The archive holds the reporter's own absolute path. */
export const openDmarcMail: MailHabits = {
  ...plainMail,
  subject: ({ domain, reporter, header }) =>
    `Report Domain: ${domain} Submitter: ${reporter.submitter} Report-ID: ${header.reportId}`,
  fileName: (dispatch) => `${stem(dispatch)}.zip`,
  memberName: (dispatch) => `/var/spool/opendmarc/${stem(dispatch)}.xml`,
  packing: 'zip',
  compose: (attachment, dispatch) =>
    withText(dispatch, `This is a DMARC aggregate report.\n`, attached(attachment, 'application/zip')),
};

/** File name without extension (RFC 9990 section 4.1). */
function stem({ reporter, domain, header }: Dispatch): string {
  return `${reporter.submitter}!${domain}!${header.begin}!${header.end}`;
}

function withText(dispatch: Dispatch, text: string, report: Node): Node {
  return multipart('mixed', `----=_Part_${dispatch.token}`, [plainPart(text), report]);
}

function attached(attachment: Attachment, type: string): Node {
  return {
    headers: [
      `Content-Type: ${type}; name="${attachment.fileName}"`,
      'Content-Transfer-Encoding: base64',
      `Content-Disposition: attachment; filename="${attachment.fileName}"`,
    ],
    body: base64Lines(attachment.bytes),
  };
}

function halves(text: string): readonly [string, string] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}

/** RFC 2047: base64 words of at most 75 characters, a line each. */
function encodedWords(text: string): string {
  const pieces = text.match(/.{1,45}/g) ?? [];
  return pieces.map((piece) => `=?utf-8?B?${Buffer.from(piece).toString('base64')}?=`).join('\r\n ');
}
