import { ImapFlow } from 'imapflow';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MailboxConfig } from '../../src/config/config.js';
import { imapSource } from '../../src/source/imap.js';
import type { Dovecot, DovecotOptions } from '../support/dovecot.js';
import { startDovecot } from '../support/dovecot.js';
import { describeWith } from '../support/servers.js';
import { Bench, mail, mailboxAt, mails, subjectOf } from './harness.js';

const day = 86_400;
/** Midsummer of 2026, Unix seconds. */
const now = Date.UTC(2026, 5, 21) / 1000;

describeWith(['dovecot'], 'mails that were moved', () => {
  let server: Dovecot;
  let bench: Bench;

  const start = async (options: DovecotOptions = {}): Promise<void> => {
    server = await startDovecot({ tls: false, ...options });
  };

  let polls = 0;
  /** One poll by a service that starts anew. */
  const poll = async (settings: Partial<MailboxConfig> = {}): Promise<void> => {
    const mailbox = mailboxAt(server, {
      after_done: 'move:Done',
      after_failed: 'move:Done',
      keep_days: 30,
      ...settings,
    });
    const running = bench.run(imapSource(mailbox, bench.deps()));
    polls += 1;
    await bench.polled(polls);
    await running.stop();
  };

  const uidsIn = async (folder: string): Promise<readonly number[]> => [...(await server.flags(folder)).keys()];

  beforeEach(() => {
    polls = 0;
    bench = new Bench();
    bench.clock.now = () => now * 1000;
    bench.intake.readAt = now;
  });

  afterEach(async () => {
    await bench.stopAll();
    await server.stop();
  });

  test.each([
    ['stay on the last of their days', now - 30 * day, [1, 2]],
    ['are deleted one second later', now - 30 * day - 1, []],
  ] as const)('%s', async (_title, readAt, left) => {
    await start();
    await server.deliver(mails(2));
    await poll();
    bench.intake.readAt = readAt;
    await poll();
    expect(await uidsIn('Done')).toEqual(left);
  });

  test('stay for ever unless days are set', async () => {
    await start();
    await server.deliver(mails(2));
    bench.intake.readAt = 0;
    await poll({ keep_days: 0 });
    await poll({ keep_days: 0 });
    expect(await uidsIn('Done')).toEqual([1, 2]);
  });

  test('a mail that ruawatch never read is never deleted', async () => {
    await start();
    const read = mail('report', 'what it says');
    const alike = mail('report', 'what it SAYS');
    await server.deliver([read]);
    await poll();
    const client = new ImapFlow({
      host: server.host,
      port: server.port,
      secure: false,
      auth: { user: server.user, pass: server.password },
      logger: false,
    });
    await client.connect();
    // Of the size and the date of the mail that was read.
    await client.append('Done', alike, [], new Date('2024-01-01T00:00:01Z'));
    await client.append('Done', mail('a letter'), [], new Date('2020-01-01T00:00:00Z'));
    await client.logout();
    bench.intake.readAt = 0;
    await poll();
    expect(await uidsIn('Done')).toEqual([2, 3]);
  });

  test('without a stored report they stay', async () => {
    await start();
    const outcomes = ['report', 'duplicate', 'tls-report', 'not-a-report', 'malformed', 'conflict'] as const;
    await server.deliver(outcomes.map((outcome) => mail(outcome)));
    bench.intake.outcomeOf = (raw) => outcomes.find((outcome) => outcome === subjectOf(raw)) ?? 'failed';
    bench.intake.readAt = 0;
    await poll();
    expect((await uidsIn('Done')).length).toBe(4);
    expect(bench.heard.told.filter(({ name }) => name === 'info').map(({ args }) => args)).toEqual([
      ['old mails are deleted', { mailbox: 'reports', folder: 'Done', mails: 2, keep_days: 30 }],
    ]);
  });

  test('mails that others have marked as deleted are left to them, and so is every folder that nothing is moved to', async () => {
    await start();
    await server.deliver([mail('marked')], 'Done');
    await server.doveadm('flags', 'add', '-u', server.user, '\\Deleted', 'mailbox', 'Done', 'uid', '1');
    await server.deliver(mails(2));
    bench.intake.readAt = 0;
    await poll({ after_done: 'seen' });
    await poll({ after_done: 'seen', after_duplicate: 'move:Done' });
    expect(await server.flags('Done')).toEqual(new Map([[1, ['\\Deleted']]]));
    expect(await uidsIn('INBOX')).toEqual([1, 2]);
    await poll();
    expect(await server.flags('Done')).toEqual(new Map([[1, ['\\Deleted']]]));
    expect(await uidsIn('INBOX')).toEqual([]);
  });

  test('a dry run says which would be deleted', async () => {
    await start();
    await server.deliver(mails(2));
    await poll();
    bench.intake.readAt = 0;
    await poll({ dry_run: true });
    expect(bench.heard.told.filter(({ name }) => name === 'info').map(({ args }) => args[1])).toEqual([
      { mailbox: 'reports', folder: 'Done', would: 'delete', uids: '1:2' },
    ]);
    expect(await uidsIn('Done')).toEqual([1, 2]);
  });

  test('a server without UIDPLUS keeps all, and it is said', async () => {
    await start({ capability: 'IMAP4rev1 LITERAL+ MOVE' });
    await server.deliver(mails(2));
    bench.intake.readAt = 0;
    await poll();
    expect(await uidsIn('Done')).toEqual([1, 2]);
    const told = bench.heard.told.filter(({ name }) => name === 'warn').map(({ args }) => String(args[0]));
    expect(told).toEqual([expect.stringMatching(/^the server has no UIDPLUS/)]);
  });

  test('are looked at once a day', async () => {
    await start();
    await server.deliver(mails(1));
    bench.run(imapSource(mailboxAt(server, { after_done: 'move:Done', keep_days: 30 }), bench.deps()));
    await bench.polled(1);
    bench.intake.readAt = 0;
    bench.clock.now = () => (now + day) * 1000 - 1;
    bench.clock.wake();
    await bench.polled(2);
    expect(await uidsIn('Done')).toEqual([1]);
    bench.clock.now = () => (now + day) * 1000;
    bench.clock.wake();
    await bench.polled(3);
    expect(await uidsIn('Done')).toEqual([]);
  });
});
