import { describe, expect, it } from 'vitest';
import { limits } from '../../src/config/limits.js';
import { mailArrival } from '../../src/mail/mail.js';

const latest = Date.UTC(2026, 10, 1) / 1000;

function arrival(...fields: readonly string[]): Promise<number | null> {
  const bytes = Buffer.from([...fields, 'Subject: Report', '', 'body'].join('\r\n'));
  return mailArrival({ kind: 'bytes', bytes }, latest);
}

const utc = (...[year, month, day, hour, minute, second]: readonly [number, number, number, number, number, number]) =>
  Date.UTC(year, month - 1, day, hour, minute, second) / 1000;

const received = (date: string) => `Received: from out.mx.example by mx.example.org with ESMTPS id 7;\r\n\t${date}`;

describe('when a mail arrived', () => {
  it('is the date of the topmost Received field', async () => {
    const at = await arrival(
      received('Wed, 2 Sep 2026 06:14:09 +0200 (CEST)'),
      received('Wed, 2 Sep 2026 04:00:00 +0000'),
      'Date: Wed, 2 Sep 2026 03:59:00 +0000',
    );
    expect(at).toBe(utc(2026, 9, 2, 4, 14, 9));
  });

  it('is that of Date when no Received field has one', async () => {
    expect(await arrival('Date: 2 Sep 2026 03:59 -0330')).toBe(utc(2026, 9, 2, 7, 29, 0));
    expect(await arrival('Received: by mx.example.org', 'Date: Wed, 2 Sep 2026 03:59:00 PDT')).toBe(
      utc(2026, 9, 2, 10, 59, 0),
    );
  });

  it('is that of Date when the mail was moved more than 30 days later', async () => {
    const date = 'Date: Wed, 1 Jul 2026 00:00:00 +0000';
    const sent = utc(2026, 7, 1, 0, 0, 0);
    expect(await arrival(received('Fri, 31 Jul 2026 00:00:00 +0000'), date)).toBe(sent + 30 * 86_400);
    expect(await arrival(received('Fri, 31 Jul 2026 00:00:01 +0000'), date)).toBe(sent);
  });

  it('is not before 2012 and not in the future', async () => {
    expect(await arrival('Date: Sun, 1 Jan 2012 00:00:00 +0000')).toBe(utc(2012, 1, 1, 0, 0, 0));
    expect(await arrival('Date: Sat, 31 Dec 2011 23:59:59 +0000')).toBeNull();
    expect(await arrival('Date: Sun, 1 Nov 2026 00:00:00 +0000')).toBe(latest);
    expect(await arrival('Date: Sun, 1 Nov 2026 00:00:01 +0000')).toBeNull();
    const early = received('Sat, 31 Dec 2011 23:59:59 +0000');
    expect(await arrival(early, 'Date: Wed, 2 Sep 2026 00:00:00 +0000')).toBe(utc(2026, 9, 2, 0, 0, 0));
  });

  it.each([
    '',
    'yesterday',
    '31 Feb 2026 00:00:00 +0000',
    '32 Jan 2026 00:00:00 +0000',
    '1 Foo 2026 00:00:00 +0000',
    '1 Jan 2026 24:00:00 +0000',
    '1 Jan 2026 00:60:00 +0000',
    '1 Jan 26 00:00:00 +0000',
  ])('is unknown for a Date of "%s"', async (date) => {
    expect(await arrival(`Date: ${date}`)).toBeNull();
  });

  it('is read from a header as long as a header may be, and no longer', async () => {
    const date = 'Date: Wed, 2 Sep 2026 00:00:00 +0000\r\n';
    const filled = (length: number) => {
      const lines = `X-Fill: ${'x'.repeat(1000)}\r\n`.repeat(Math.floor(length / 1010));
      return `${lines}X-Rest: ${'x'.repeat(length - lines.length - 10)}\r\n`;
    };
    const at = (header: string) =>
      mailArrival({ kind: 'bytes', bytes: Buffer.from(`${header}${date}\r\nbody`) }, latest);
    expect(await at(filled(limits.mailHeaderBytes - date.length))).toBe(utc(2026, 9, 2, 0, 0, 0));
    expect(await at(filled(limits.mailHeaderBytes))).toBeNull();
  });
});
