import { gzipSync } from 'fflate';
import { base64Lines, multipart, plainPart } from './mime.js';
import type { Entry } from './plan.js';
import { mailbox, wholeMail } from './report-mail.js';

/** A mail that is no aggregate report. */
export function otherMail(entry: Entry): Buffer {
  if (entry.kind === 'tls-report') return tlsReport(entry);
  return entry.kind === 'bounce' ? bounce(entry) : unrelated(entry);
}

/** RFC 8460 section 5. */
function tlsReport({ day, receivedAt, token }: Entry): Buffer {
  const from = new Date(day * 1000).toISOString().slice(0, 10);
  const json = {
    'organization-name': 'Google Inc.',
    'date-range': { 'start-datetime': `${from}T00:00:00Z`, 'end-datetime': `${from}T23:59:59Z` },
    'contact-info': 'smtp-tls-reporting@google.com',
    'report-id': `${from}T00:00:00Z_acme.example`,
    policies: [
      {
        policy: { 'policy-type': 'sts', 'policy-domain': 'acme.example', 'mx-host': ['mx.acme.example'] },
        summary: { 'total-successful-session-count': 42, 'total-failure-session-count': 0 },
      },
    ],
  };
  const name = `google.com!acme.example!${day}!${day + 86_399}!001.json.gz`;
  const report = {
    headers: [
      `Content-Type: application/tlsrpt+gzip; name="${name}"`,
      'Content-Transfer-Encoding: base64',
      `Content-Disposition: attachment; filename="${name}"`,
    ],
    body: base64Lines(gzipSync(Buffer.from(JSON.stringify(json)), { mtime: day })),
  };
  const text = plainPart('This is an aggregate TLS report from google.com.\n');
  return wholeMail({
    from: 'noreply-smtp-tls-reporting@google.com',
    authentic: true,
    subject: `Report Domain: acme.example Submitter: google.com Report-ID: <${from}T00:00:00Z_acme.example>`,
    sentAt: receivedAt,
    token,
    content: multipart('report', `tls-${token}`, [text, report], '; report-type=tlsrpt'),
  });
}

/** RFC 3464. */
function bounce({ receivedAt, token }: Entry): Buffer {
  const status = {
    headers: ['Content-Type: message/delivery-status'],
    body: [
      'Reporting-MTA: dns; mx.partners.test',
      '',
      'Final-Recipient: rfc822; postmaster@partners.test',
      'Action: failed',
      'Status: 5.1.1',
      '',
    ].join('\r\n'),
  };
  const text = plainPart('Your message could not be delivered to postmaster@partners.test.\n');
  return wholeMail({
    from: 'mailer-daemon@partners.test',
    authentic: false,
    subject: 'Undelivered Mail Returned to Sender',
    sentAt: receivedAt,
    token,
    content: multipart('report', `dsn-${token}`, [text, status], '; report-type=delivery-status'),
  });
}

function unrelated({ receivedAt, token }: Entry): Buffer {
  return wholeMail({
    from: 'events@newsletter.test',
    authentic: true,
    subject: 'Your invitation to the regional mail operators meeting',
    sentAt: receivedAt,
    token,
    content: plainPart(`Dear ${mailbox.address},\n\nwe meet again in spring. Please bring a friend.\n`),
  });
}
