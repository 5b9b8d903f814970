import { describe, expect, test } from 'vitest';
import { provenanceOf, readMail } from '../../src/mail/mail.js';
import type { ParsedMail } from '../../src/model/part.js';
import { aHeader } from '../support/readings.js';

const ours = 'Authentication-Results: mx.example.org; dmarc=pass header.from=mx.example';

function mailWith(
  results: readonly string[],
  from = 'reports@mx.example',
  ids = ['mx.example.org'],
): Promise<ParsedMail> {
  const bytes = Buffer.from([...results, `From: ${from}`, 'Subject: x', '', 'body'].join('\r\n'));
  return readMail({ kind: 'bytes', bytes }, { authservIds: ids });
}

const judged = async (...results: string[]): Promise<string> => (await mailWith(results)).authenticity;

describe('Authentication-Results', () => {
  test('of a server of ours verify, and name the organisational domain', async () => {
    const mail = await mailWith([ours.replace('mx.example', 'a.mx.example').replace('from=mx', 'from=a.mx')], 'r@a.mx.example', ['a.mx.example.org']); // prettier-ignore
    expect([mail.authenticity, mail.proof]).toEqual([
      'verified',
      { domain: 'mx.example', by: 'authentication_results' },
    ]);
  });

  test.each([
    ['of another server', 'Authentication-Results: mx.example.net; dmarc=pass header.from=mx.example'],
    ['of a name that begins with ours', ours.replace('.org;', '.org.evil.example;')],
    ['of a name that ends in ours', ours.replace('mx.example.org', 'evil.mx.example.org')],
    ['of a name in a comment', ours.replace('mx.example.org;', 'evil.example (mx.example.org;);')],
    ['without a name', 'Authentication-Results: dmarc=pass header.from=mx.example'],
    ['of another version', ours.replace('.org;', '.org 2;')],
    ['of an ARC chain', `ARC-${ours.replace(': ', ': i=1; ')}`],
    [
      'with a DKIM pass whose identity quotes another result',
      ours.replace(
        /dmarc=.*/,
        'dkim=pass header.i="@mx.example header.d=mx.example "@evil.example header.d=evil.example',
      ),
    ],
    ['with a DMARC pass that names two domains', ours.replace('header.from', 'header.from=evil.example header.from')],
    ['with the pass in a comment', ours.replace('dmarc=pass', 'dmarc=none (dmarc=pass)')],
    ['with the pass in a quoted text', ours.replace('dmarc=pass', 'x="; dmarc=pass"')],
    ['with a pass for another From', ours.replace('from=mx.example', 'from=evil.example')],
    ['with a pass and a result that is no pass', `${ours}; dmarc=temperror header.from=mx.example`],
    ['with a pass of ARC', ours.replace('dmarc=pass', 'arc=pass')],
    ['with a DKIM pass of another domain', ours.replace(/dmarc=.*/, 'dkim=pass header.d=evil.example')],
    ['with a DKIM failure', ours.replace(/dmarc=.*/, 'dkim=fail header.d=mx.example')],
    [
      'with a DKIM pass that names two domains',
      ours.replace(/dmarc=.*/, 'dkim=pass header.d=evil.example header.i=@mx.example'),
    ],
    ['with an SPF pass of another domain', ours.replace(/dmarc=.*/, 'spf=pass smtp.mailfrom=x@evil.example')],
    ['with an SPF pass of the greeting', ours.replace(/dmarc=.*/, 'spf=pass smtp.helo=mx.example')],
    [
      'with a DKIM pass under a DMARC error',
      ours.replace(/dmarc=.*/, 'dmarc=permerror header.from=mx.example; dkim=pass header.d=mx.example'),
    ],
  ])('%s prove nothing', async (_, field) => {
    expect(await judged(field)).toBe('unverified');
  });

  test.each([
    ['a second Content-Type', ['Content-Type: text/plain', 'Content-Type: multipart/mixed; boundary=x']],
    ['a second Content-Transfer-Encoding', ['Content-Transfer-Encoding: 7bit', 'Content-Transfer-Encoding: base64']],
    ['a second Content-Disposition', ['Content-Disposition: inline', 'Content-Disposition: attachment']],
    ['a line that is no field', ['no field']],
  ])('above %s, which readers take in different ways, prove nothing', async (_, lines) => {
    expect(await judged(ours, ...lines)).toBe('unverified');
    expect(await judged(ours.replace('pass', 'fail'), ...lines)).toBe('failed');
  });

  test.each([
    ['in capitals', ours.replace('mx.example.org', 'MX.Example.ORG').replace('dmarc=pass', 'DMARC=Pass')],
    ['in folded lines', ours.replaceAll('; ', ';\r\n\t').replace(' header', '\r\n header')],
    ['with comments', ours.replace('.org;', '.org (a; b=c (d)) 1;').replace('dmarc=pass', 'dmarc = (p=none) pass')],
    ['with results of other methods', ours.replace('; dmarc', '; spf=fail smtp.mailfrom=x.example; dkim=fail; dmarc')],
    ['with DKIM alone', ours.replace(/dmarc=.*/, 'dkim=pass (2048-bit) header.d=mail.mx.example header.s=s1')],
    [
      'with one of two signatures',
      ours.replace(/dmarc=.*/, 'dkim=fail header.d=mx.example; dkim=pass header.i=@mx.example'),
    ],
    ['with SPF alone', ours.replace(/dmarc=.*/, 'spf=pass smtp.mailfrom=bounce@mx.example')],
    [
      'with DKIM where no policy was found',
      ours.replace(/dmarc=.*/, 'dmarc=none header.from=mx.example; dkim=pass header.d=mx.example'),
    ],
  ])('%s verify', async (_, field) => {
    expect(await judged(field)).toBe('verified');
  });

  test('count by the topmost field of ours alone', async () => {
    const fail = ours.replace('pass', 'fail');
    const stranger = fail.replace('mx.example.org', 'mx.example.net');
    expect(await judged(ours, fail)).toBe('verified');
    expect(await judged(fail, ours)).toBe('failed');
    expect(await judged(stranger, ours, fail)).toBe('verified');
    expect(await judged(ours.replace(/dmarc=.*/, 'none'), ours)).toBe('unverified');
  });

  test('count for nothing behind the header, or in a mail inside the mail', async () => {
    const inner = `From: reports@mx.example\r\n${ours}`;
    const bytes = Buffer.from(`From: reports@mx.example\r\nContent-Type: message/rfc822\r\n\r\n${inner}\r\n\r\nbody`);
    const mail = await readMail({ kind: 'bytes', bytes }, { authservIds: ['mx.example.org'] });
    expect(mail.authenticity).toBe('unverified');
  });

  test('of a failed check stand against a signature that is good', async () => {
    const signed = { authenticity: 'verified', proof: { domain: 'mx.example', by: 'dkim' } } as const;
    const bytes = (field: string) => Buffer.from(`${field}\r\nFrom: reports@mx.example\r\n\r\nbody`);
    const read = async (field: string) => (await readMail({ kind: 'bytes', bytes: bytes(field) }, { authservIds: ['mx.example.org'], signed })).authenticity; // prettier-ignore
    expect(await read(ours.replace('pass', 'fail'))).toBe('failed');
    expect(await read(ours.replace(/dmarc=.*/, 'none'))).toBe('verified');
  });
});

describe('a report whose mail is proven to come from mx.example', () => {
  const fitted = async (orgName: string | null, email: string | null, fileName: string | null): Promise<string> => {
    const found = await provenanceOf(await mailWith([ours]), aHeader({ orgName, email }), fileName);
    expect(found.proof).toEqual({ domain: 'mx.example', by: 'authentication_results' });
    return found.authenticity;
  };

  test.each([
    ['mx.example', null, null],
    [' MX.Example. ', 'x@other.example', null],
    ['reports.mx.example', null, 'other.example!example.org!1!2.xml'],
    ['Example Mail', 'x@dmarc.mx.example', null],
    ['Example Inc. & Co., v2', 'x@dmarc.mx.example', null],
    ['Example (mx.example)', null, null],
    ['Example Mail', 'x@other.example', 'mx.example!example.org!1!2.xml.gz'],
    [null, 'x@mx.example', null],
  ])('is of the reporter %j with the address %j and the file %j', async (name, email, file) => {
    expect(await fitted(name, email, file)).toBe('verified');
  });

  test.each([
    ['other.example', 'x@mx.example', 'mx.example!example.org!1!2.xml'],
    ['mx.example.net', 'x@mx.example', null],
    ['other.example\u200b', 'x@mx.example', null],
    ['other\u00ad.example', 'x@mx.example', null],
    ['\uff4fther\u3002example', 'x@mx.example', null],
    ['\u043ether.example', 'x@mx.example', null],
    ['other.example, Inc.', 'x@mx.example', null],
    ['Reports <dmarc@other.example>', 'x@mx.example', null],
    ['mx.example other.example', 'x@mx.example', null],
    ['Example Mail', 'x@other.example', 'other.example!example.org!1!2.xml'],
    ['Example Mail', null, 'mx.example.xml'],
    [null, 'x@other.example', 'mx.example!example.org!1!2.xml'],
    [null, null, null],
  ])('is not proven to be of the reporter %j with the address %j and the file %j', async (name, email, file) => {
    expect(await fitted(name, email, file)).toBe('unverified');
  });

  test('is of a reporter that sends from another domain of its house', async () => {
    const mail = await mailWith([ours.replace('=mx.example', '=microsoft.com')], 'r@microsoft.com');
    const header = aHeader({ orgName: 'Outlook.com', email: null });
    expect((await provenanceOf(mail, header, null)).authenticity).toBe('verified');
  });

  test('is not of one that shares a public suffix', async () => {
    const mail = await mailWith([ours.replace('=mx.example', '=one.github.io')], 'r@one.github.io');
    expect((await provenanceOf(mail, aHeader({ orgName: 'two.github.io' }), null)).authenticity).toBe('unverified');
  });
});

test('a report whose mail failed has failed, whatever it says; a bare file is unverified', async () => {
  const mail = await mailWith([ours.replace('pass', 'fail')]);
  expect(await provenanceOf(mail, aHeader({ orgName: 'mx.example' }), null)).toEqual({
    authenticity: 'failed',
    proof: null,
  });
  expect(await provenanceOf(null, aHeader(), null)).toEqual({ authenticity: 'unverified', proof: null });
});
