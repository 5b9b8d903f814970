import fc from 'fast-check';
import nodemailer from 'nodemailer';
import { describe, expect, test } from 'vitest';
import { dnsError, makeKey, nameOf, recordOf, signMail, zoneOf } from '../support/dkim.js';
import { arrived, checkOf, judged, key, letter, rawOf, rsa, signed, zone } from './dkim-letters.js';

describe('a signature of the domain in From', () => {
  test.each([
    ['Ed25519', key],
    ['RSA', rsa],
  ])('verifies by %s, whatever the canonicalization', async (_, own) => {
    for (const canon of ['relaxed/relaxed', 'simple/simple', 'relaxed/simple', 'simple/relaxed'] as const)
      expect([canon, await judged(signed({ key: own, canon }))]).toEqual([canon, 'verified']);
  });

  test('names the organisational domain and the means', async () => {
    const below = makeKey('a.b.mx.example');
    const mail = signMail(letter.replace('@mx.', '@c.mx.'), { key: below });
    const found = await checkOf({ resolver: zoneOf({ [nameOf(below)]: recordOf(below) }) }).check([rawOf(mail)]);
    expect(found).toEqual([{ authenticity: 'verified', proof: { domain: 'mx.example', by: 'dkim' } }]);
  });

  test('made by another program verifies', async () => {
    const pem = rsa.secret.export({ format: 'pem', type: 'pkcs8' }).toString();
    const transport = nodemailer.createTransport({
      streamTransport: true,
      buffer: true,
      newline: 'windows',
      dkim: { domainName: 'mx.example', keySelector: 'r1', privateKey: pem },
    });
    const attachments = [{ filename: 'r.xml.gz', content: Buffer.alloc(3000, 7) }];
    const sent = await transport.sendMail({ from: 'r@mx.example', to: 'rua@example.org', subject: 'ä', text: 'hello  \n\n', attachments }); // prettier-ignore
    const mail = sent.message as Buffer;
    expect(await judged(mail)).toBe('verified');
    const altered = Buffer.from(mail);
    altered.write('A', altered.indexOf('BwcH'), 'latin1');
    expect(await judged(altered)).toBe('failed');
  });

  test('verifies in a file whose lines end in bare line feeds, and behind the first line of an mbox', async () => {
    expect(await judged(signed().replaceAll('\r\n', '\n'))).toBe('verified');
    expect(await judged(`From reports@mx.example Tue Sep  1 06:00:00 2026\r\n${signed()}`)).toBe('verified');
  });

  test('verifies an empty body', async () => {
    const empty = letter.slice(0, letter.indexOf('\r\n\r\n') + 4);
    for (const canon of ['relaxed/relaxed', 'simple/simple'] as const)
      expect(await judged(signed({ canon }, empty))).toBe('verified');
  });

  test('stays good under what relaxed forgives, and not under what simple does not', async () => {
    const respaced = (mail: string) => mail.replace('first  line \t ', 'first line').replace('Subject: Report  ', 'SUBJECT:Report '); // prettier-ignore
    expect(await judged(respaced(signed()))).toBe('verified');
    expect(await judged(respaced(signed({ canon: 'simple/simple' })))).toBe('failed');
  });

  test('is good for a field that ends in a byte which is a blank in Latin-1 alone', async () => {
    // U+00E0 is C3 A0 in UTF-8, and U+00A0 is A0 in Latin-1.
    const mail = letter.replace('Subject: Report', 'Subject: voil\u00c3\u00a0\r\nX-Rest:');
    for (const canon of ['relaxed/relaxed', 'simple/simple'] as const)
      expect(await judged(signed({ canon }, mail))).toBe('verified');
  });

  test('counts beside one that fails, in either order', async () => {
    const bad = signed().replace(/bh=./, 'bh=A').split('\r\nFrom: ')[0] ?? '';
    const good = signed({ key: rsa });
    expect(await judged(`${bad}\r\n${good}`)).toBe('verified');
    expect(await judged(good.replace('\r\nFrom: ', `\r\n${bad}\r\nFrom: `))).toBe('verified');
  });

  test('fails when the body, a signed field or the signature was altered', async () => {
    expect(await judged(signed().replace('last line', 'lost line'))).toBe('failed');
    expect(await judged(signed().replace('To: rua', 'To: other'))).toBe('failed');
    expect(await judged(signed().replace('Submitter: mx', 'Submitter: my'))).toBe('failed');
    expect(await judged(signed({ key: makeKey('mx.example') }))).toBe('failed');
    expect(await judged(`${signed()}more`)).toBe('failed');
  });

  test('that signs more fields than there are fails when one is added', async () => {
    const signing = { signed: ['From', 'From', 'To', 'Subject', 'Subject', 'Date', 'Reply-To'] };
    expect(await judged(signed(signing))).toBe('verified');
    expect(await judged(signed(signing).replace('\r\nTo:', '\r\nReply-To: x@example.net\r\nTo:'))).toBe('failed');
    expect(await judged(signed(signing).replace('\r\nTo:', '\r\nSubject: x\r\nTo:'))).toBe('failed');
  });

  test('signs the last of repeated fields first', async () => {
    const twice = letter.replace('\r\nTo:', '\r\nComments: one\r\nComments: two\r\nTo:');
    const once = signed({ signed: ['From', 'Comments'] }, twice);
    expect(await judged(once.replace('Comments: one', 'Comments: eins'))).toBe('verified');
    expect(await judged(once.replace('Comments: two', 'Comments: zwei'))).toBe('failed');
  });
});

describe('nothing is proven and nothing disproven', () => {
  test.each([
    ['has SHA-1 as its algorithm', signed({ key: rsa, algorithm: 'rsa-sha1' })],
    ['has an algorithm of another key', signed({ key: rsa, algorithm: 'ed25519-sha256' })],
    ['has expired', signed({ tags: `x=${arrived - 1};` })],
    ['signs only a part of the body', signed({ tags: 'l=5;' })],
    ['does not sign From', signed({ signed: ['To', 'Subject'] })],
    ['has an unknown version', signed().replace('v=1;', 'v=2;')],
    ['has an unknown canonicalization', signed().replace('c=relaxed/', 'c=nofws/')],
    ['has a tag twice', signed({ tags: 's=s1;' })],
    ['has an identity of another domain', signed({ tags: 'i=@example.net;' })],
    ['has a number that is none', signed({ tags: 'x=soon;' })],
    ['names a key that was taken away', signed({ key: makeKey('mx.example', { selector: 'gone' }) })],
  ])('by a signature that %s', async (_, mail) => {
    expect(await judged(mail)).toBe('unverified');
  });

  test.each([
    ['is revoked', 'v=DKIM1; k=ed25519; p='],
    ['is of another version', recordOf(key).replace('DKIM1', 'DKIM2')],
    ['is for SHA-1 alone', recordOf(key, ' h=sha1;')],
    ['is not for mail', recordOf(key, ' s=tlsrpt;')],
    ['is of an unknown kind', recordOf(key).replace('k=ed25519', 'k=gost')],
    ['is no key', 'v=DKIM1; k=ed25519; p=AAAA'],
    ['is no text of tags', 'p=p=;;p'],
    ['is there twice', [recordOf(key), recordOf(makeKey('mx.example'))]],
    ['is only tried out', recordOf(key, ' t=y;')],
  ])('by a key that %s', async (_, record) => {
    expect(await judged(signed(), { resolver: zoneOf({ [nameOf(key)]: record }) })).toBe('unverified');
  });

  test.each(['ESERVFAIL', 'ETIMEOUT', 'ECONNREFUSED', 'EREFUSED'])('when the name server answers %s', async (code) => {
    expect(await judged(signed(), { resolver: zoneOf({ [nameOf(key)]: dnsError(code) }) })).toBe('unverified');
  });

  test('by an RSA key of 1023 bits; one of 1024 is accepted', async () => {
    for (const [bits, expected] of [
      [1023, 'unverified'],
      [1024, 'verified'],
    ] as const) {
      // prettier-ignore
      const short = makeKey('mx.example', { type: 'rsa', bits });
      expect(await judged(signed({ key: short }), { resolver: zoneOf({ [nameOf(short)]: recordOf(short) }) })).toBe(expected); // prettier-ignore
    }
  });

  test('by a key for the very domain when the identity is below it', async () => {
    const resolver = zoneOf({ [nameOf(key)]: recordOf(key, ' t=s;') });
    expect(await judged(signed({ tags: 'i=@a.mx.example;' }), { resolver })).toBe('unverified');
    expect(await judged(signed({ tags: 'i=@mx.example;' }), { resolver })).toBe('verified');
  });

  test('and name servers are not asked, by the signature of a domain that is not in From', async () => {
    const stranger = makeKey('evil.example');
    const resolver = zoneOf({ [nameOf(stranger)]: recordOf(stranger) });
    expect(await judged(signed({ key: stranger }), { resolver })).toBe('unverified');
    expect(resolver.asked).toEqual([]);
  });
});

describe('no check is made', () => {
  test.each([
    ['of a mail without a signature', letter],
    ['of a mail with two From fields', signed().replace('\r\nTo:', '\r\nFrom: a@mx.example\r\nTo:')],
    ['of a mail with two addresses in From', signed({}, letter.replace('From: ', 'From: a@example.net, '))],
    ['of a mail with a line in its header that is none', signed().replace('\r\nTo:', '\r\nno field\r\nTo:')],
    ['of a report file', '<?xml version="1.0"?><feedback/>'],
  ])('%s', async (_, mail) => {
    const resolver = zone();
    expect(await judged(mail, { resolver })).toBeNull();
    expect(resolver.asked).toEqual([]);
  });

  test('where a server of ours has spoken', async () => {
    const resolver = zone();
    const mail = `Authentication-Results: mx.example.org; dmarc=fail header.from=mx.example\r\n${signed()}`;
    expect(await judged(mail, { resolver, authservIds: ['mx.example.org'] })).toBeNull();
    expect(await judged(mail, { resolver })).toBe('verified');
  });
});

test('what a stranger wrote in the name of our server keeps no mail from being checked', async () => {
  const mail = `Authentication-Results: mx.example.org; dmarc=fail header.from=mx.example\r\n${signed()}`;
  const found = await checkOf({ authservIds: ['mx.example.org'] }).check([{ ...rawOf(mail), fromStranger: true }]);
  expect(found.map((each) => each?.authenticity)).toEqual(['verified']);
});

describe('bounds', () => {
  test('dkimSignatures: later ones are not looked at', async () => {
    const bad = signed({ key: makeKey('mx.example', { selector: 'gone' }) }).split('\r\nFrom: ')[0] ?? '';
    const mail = `${bad}\r\n${signed()}`;
    expect(await judged(mail, { limits: { dkimSignatures: 2 } })).toBe('verified');
    expect(await judged(mail, { limits: { dkimSignatures: 1 } })).toBe('unverified');
  });

  test('dkimBodyBytes: a longer body is not hashed', async () => {
    const length = letter.length - letter.indexOf('\r\n\r\n') - 4;
    expect(await judged(signed(), { limits: { dkimBodyBytes: length } })).toBe('verified');
    expect(await judged(signed(), { limits: { dkimBodyBytes: length - 1 } })).toBe('unverified');
  });

  test('dkimKeyChars: a longer record is not read', async () => {
    const { length } = recordOf(key);
    expect(await judged(signed(), { limits: { dkimKeyChars: length } })).toBe('verified');
    expect(await judged(signed(), { limits: { dkimKeyChars: length - 1 } })).toBe('unverified');
  });

  test('dkimKeys: the key asked for first is forgotten first', async () => {
    for (const [dkimKeys, questions] of [
      [2, 2],
      [1, 3],
    ] as const) {
      // prettier-ignore
      const resolver = zone();
      const senders = checkOf({ resolver, limits: { dkimKeys } });
      for (const own of [key, rsa, key]) await senders.check([rawOf(signed({ key: own }))]);
      expect(resolver.asked).toHaveLength(questions);
    }
  });

  test('a key is asked for once, however many mails come together', async () => {
    const resolver = zone();
    const found = await checkOf({ resolver }).check(Array.from({ length: 40 }, () => rawOf(signed())));
    expect(found.every((each) => each?.authenticity === 'verified')).toBe(true);
    expect(resolver.asked).toEqual([nameOf(key)]);
  });
});

describe('hostile mails', () => {
  const good = Buffer.from(signed(), 'latin1');

  test('whatever byte is changed, a mail never verifies with other content', async () => {
    const header = good.indexOf('\r\nFrom:') + 2;
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 33, max: 126 }), async (at, byte) => {
        const mutant = Buffer.from(good);
        fc.pre(mutant[at] !== byte && at >= header);
        mutant[at] = byte;
        const result = await judged(mutant);
        const same = mutant.toString('latin1').toLowerCase().replace(/\s+/g, '') === good.toString('latin1').toLowerCase().replace(/\s+/g, ''); // prettier-ignore
        expect(result !== 'verified' || same).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  test.each([
    ['blanks in the body', 'failed', `${signed()}${' '.repeat(1_000_000)}x`],
    ['empty lines in the body', 'failed', `${signed()}${'\r\n'.repeat(500_000)}x`],
    ['empty lines behind the body', 'verified', `${signed()}${'\r\n'.repeat(500_000)}`],
    ['blanks in a signature', 'verified', signed().replace('v=1;', `v=1;${' '.repeat(100_000)}`)],
    ['semicolons in a signature', 'unverified', signed().replace('v=1;', `v=1;${'; '.repeat(50_000)}`)],
    ['signatures', 'unverified', `${'DKIM-Signature: d=mx.example; b=\r\n'.repeat(7_000)}${letter}`],
    ['names of signed fields', 'verified', signed({ signed: ['From', ...Array.from({ length: 20_000 }, () => 'a')] })],
  ])('with a great many %s are read to the end: %s', async (_, expected, mail) => {
    expect(await judged(mail)).toBe(expected);
  });

  test('a body of many blanks is hashed right', async () => {
    expect(await judged(signed({}, letter + ' '.repeat(2_000) + 'x'))).toBe('verified');
    expect(await judged(signed({}, letter + '\r\n'.repeat(2_000)))).toBe('verified');
  });
});

test('a wrong signature says nothing once the key may have been replaced: after 30 days', async () => {
  const other = signed({ key: makeKey('mx.example') });
  const at = async (mail: string, days: number) => {
    const [found] = await checkOf().check([{ ...rawOf(mail), receivedAt: arrived - days * 86_400 }]);
    return found?.authenticity;
  };
  expect([await at(other, 30), await at(other, 30 + 1 / 86_400)]).toEqual(['failed', 'unverified']);
  expect(await at(signed().replace('last line', 'lost line'), 400)).toBe('failed');
  expect(await at(signed(), 400)).toBe('verified');
});
