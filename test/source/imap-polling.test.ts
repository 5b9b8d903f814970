import { afterEach, beforeEach, expect, test } from 'vitest';
import { imapSource } from '../../src/source/imap.js';
import type { Dovecot } from '../support/dovecot.js';
import { startDovecot } from '../support/dovecot.js';
import { describeWith } from '../support/servers.js';
import { Bench, mail, mailboxAt, mails, subjectOf } from './harness.js';

describeWith(['dovecot'], 'polling an IMAP mailbox', () => {
  let server: Dovecot;
  let bench: Bench;

  beforeEach(async () => {
    server = await startDovecot({ tls: false });
    bench = new Bench();
  });

  afterEach(async () => {
    await bench.stopAll();
    await server.stop();
  });

  test('the first poll comes at once and later polls bring later mails', async () => {
    await server.deliver(mails(3));
    bench.run(imapSource(mailboxAt(server), bench.deps()));
    expect(await bench.polled(1)).toMatchObject({ mails: 3 });
    expect(bench.intake.mails.map(subjectOf)).toEqual(['1', '2', '3']);
    await server.deliver([mail('later')]);
    bench.clock.wake();
    expect(await bench.polled(2)).toMatchObject({ mails: 1 });
    expect(bench.intake.mails.map(subjectOf)).toEqual(['1', '2', '3', 'later']);
  });

  test('a poll without new mails delivers nothing, although n:* would name the newest', async () => {
    await server.deliver(mails(2));
    bench.run(imapSource(mailboxAt(server), bench.deps()));
    await bench.polled(1);
    bench.clock.wake();
    expect(await bench.polled(2)).toMatchObject({ mails: 0 });
    expect(bench.intake.batches).toHaveLength(1);
  });

  test('a login is kept between polls that are close together, and thrown away between distant ones', async () => {
    for (const poll_seconds of [30, 31]) bench.run(imapSource(mailboxAt(server, { poll_seconds }), bench.deps()));
    await bench.polled(2);
    await bench.clock.slept(2);
    bench.clock.wake();
    await bench.polled(4);
    const logins = (await server.log()).match(/imap-login: Info: Login/g);
    expect(logins).toHaveLength(3);
  });

  test('a mail arrives byte for byte, with its place, size and INTERNALDATE', async () => {
    const body = Buffer.concat([
      Buffer.from('Subject: bytes\r\n\r\n'),
      Buffer.from([0xff, 0xfe, 0x80]),
      Buffer.from('\r\n'),
    ]);
    await server.deliver([body]);
    bench.run(imapSource(mailboxAt(server), bench.deps()));
    await bench.polled(1);
    const [raw] = bench.intake.mails;
    expect(raw?.content).toEqual({ kind: 'bytes', bytes: body });
    expect(raw).toMatchObject({
      size: 23,
      // The first mail is dated one second after 2024-01-01T00:00:00Z.
      receivedAt: 1704067201,
      origin: { source: 'reports', folder: 'INBOX', uid: 1, path: null },
    });
    expect(raw?.origin.uidValidity).toBeGreaterThan(0);
  });

  test('by default no mail changes, whether it was read before or not', async () => {
    await server.deliver(mails(3));
    await server.doveadm('flags', 'add', '-u', server.user, '\\Seen $Label1', 'mailbox', 'INBOX', 'uid', '2');
    bench.run(imapSource(mailboxAt(server), bench.deps()));
    expect(await bench.polled(1)).toMatchObject({ mails: 3 });
    expect(await server.flags()).toEqual(
      new Map([
        [1, []],
        [2, ['$Label1', '\\Seen']],
        [3, []],
      ]),
    );
  });

  test('a new UIDVALIDITY lets every mail be read again', async () => {
    await server.deliver(mails(2));
    bench.run(imapSource(mailboxAt(server, { poll_seconds: 30 }), bench.deps()));
    await bench.polled(1);
    await server.setUidValidity(1999999999);
    bench.clock.wake();
    expect(await bench.polled(2)).toMatchObject({ mails: 2 });
    expect(bench.intake.mails.slice(2).map(({ origin }) => [origin.uidValidity, origin.uid])).toEqual([
      [1999999999, 1],
      [1999999999, 2],
    ]);
  });

  test('a mail without a ledger line is read although mails after it were', async () => {
    await server.deliver(mails(5));
    bench.run(imapSource(mailboxAt(server), bench.deps()));
    await bench.polled(1);
    for (const line of bench.intake.ledger) if (line.endsWith(' 2')) bench.intake.ledger.delete(line);
    bench.clock.wake();
    expect(await bench.polled(2)).toMatchObject({ mails: 1 });
    expect(bench.intake.uids).toEqual([1, 2, 3, 4, 5, 2]);
  });

  test('several folders are read, nested and non-ASCII ones too', async () => {
    const folders = ['INBOX', 'Berichte/DMARC & Übersicht', '報告'];
    for (const folder of folders) await server.deliver([mail(folder)], folder);
    bench.run(imapSource(mailboxAt(server, { folders }), bench.deps()));
    expect(await bench.polled(1)).toMatchObject({ mails: 3 });
    expect(bench.intake.mails.map(({ origin }) => origin.folder)).toEqual(folders);
  });

  test('a folder that is named twice is read once', async () => {
    await server.deliver(mails(1));
    bench.run(imapSource(mailboxAt(server, { folders: ['INBOX', 'inbox'] }), bench.deps()));
    expect(await bench.polled(1)).toMatchObject({ mails: 1 });
  });

  test('mails come in batches of at most 50, oldest first, and the backlog is told before each', async () => {
    await server.deliver(mails(120));
    bench.run(imapSource(mailboxAt(server), bench.deps()));
    expect(await bench.polled(1)).toMatchObject({ mails: 120 });
    expect(bench.intake.batches.map((batch) => batch.length)).toEqual([50, 50, 20]);
    expect(bench.intake.uids).toEqual(Array.from({ length: 120 }, (_, index) => index + 1));
    expect(bench.heard.facts('backlog')).toMatchObject([
      { left: 120, oldest: 1704067201, done: 0 },
      { left: 70, oldest: 1704067251, done: 50 },
      { left: 20, oldest: 1704067301, done: 100 },
      { left: 0, oldest: 0, done: 120 },
    ]);
  });

  test('batches are bounded in bytes, but a large mail still travels', async () => {
    const megabyte = 'x'.repeat(1024 * 1024);
    await server.deliver(mails(3, Array.from({ length: 9 }, () => megabyte).join('\r\n')));
    bench.run(imapSource(mailboxAt(server), bench.deps()));
    expect(await bench.polled(1)).toMatchObject({ mails: 3 });
    expect(bench.intake.batches.map((batch) => batch.length)).toEqual([1, 1, 1]);
  });

  test('a mail at the bound is downloaded, one byte more is not', async () => {
    const frame = Buffer.byteLength(mail('n', ''));
    await server.deliver([mail('n', 'x'.repeat(1000 - frame)), mail('n', 'x'.repeat(1001 - frame)), mail('n')]);
    bench.run(imapSource(mailboxAt(server), bench.deps({ mailBytes: 1000 })));
    await bench.polled(1);
    expect(bench.intake.mails.map(({ content, size }) => [content === null, size])).toEqual([
      [false, 1000],
      [true, 1001],
      [false, frame + 5],
    ]);
  });

  test('a mail at the bound that travels alone is whole', async () => {
    const frame = Buffer.byteLength(mail('n', ''));
    await server.deliver([mail('n', 'x'.repeat(1000 - frame))]);
    bench.run(imapSource(mailboxAt(server), bench.deps({ mailBytes: 1000 })));
    await bench.polled(1);
    expect(bench.intake.mails.map(({ content, size }) => [content === null, size])).toEqual([[false, 1000]]);
  });

  test('a probe logs in and counts every folder', async () => {
    await server.deliver(mails(4));
    await server.deliver(mails(2), 'Other');
    const source = imapSource(mailboxAt(server, { folders: ['INBOX', 'Other'] }), bench.deps());
    expect(await source.probe(new AbortController().signal)).toEqual([
      { folder: 'INBOX', messages: 4 },
      { folder: 'Other', messages: 2 },
    ]);
    expect(bench.heard.told).toEqual([]);
  });
});
