import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MailboxConfig } from '../../src/config/config.js';
import { imapSource } from '../../src/source/imap.js';
import type { Dovecot, DovecotOptions } from '../support/dovecot.js';
import { startDovecot } from '../support/dovecot.js';
import { describeWith } from '../support/servers.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { startProxy } from '../support/tcp-proxy.js';
import { Bench, mail, mailboxAt, mails, subjectOf } from './harness.js';

describeWith(['dovecot'], 'after-actions that were lost', () => {
  let server: Dovecot;
  let proxy: TcpProxy;
  let bench: Bench;

  const start = async (options: DovecotOptions = {}): Promise<void> => {
    server = await startDovecot({ tls: false, ...options });
    proxy = await startProxy(server.port);
  };

  const run = (settings: Partial<MailboxConfig>): { stop: () => Promise<void> } =>
    bench.run(imapSource(mailboxAt(server, { port: proxy.port, ...settings }), bench.deps()));

  /** Reads what is there and does nothing with it, as a service that died between commit and action. */
  const readOnly = async (): Promise<void> => {
    const first = run({});
    await bench.polled(1);
    await first.stop();
  };

  const flagged = (flag: string, uids: readonly number[]): ReadonlyMap<number, readonly string[]> =>
    new Map(uids.map((uid) => [uid, [flag]]));

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(async () => {
    await bench.stopAll();
    await proxy.stop();
    await server.stop();
  });

  test.each([
    ['seen', flagged('\\Seen', [1, 2, 3])],
    ['flag:$Read', flagged('$Read', [1, 2, 3])],
    ['delete', new Map()],
    ['move:Done', new Map()],
  ])('%s is made up for at the first poll, and no mail is read again', async (after_done, left) => {
    await start();
    await server.deliver(mails(3));
    await readOnly();
    run({ after_done });
    expect(await bench.polled(2)).toMatchObject({ mails: 0 });
    expect(await server.flags()).toEqual(left);
    expect(bench.intake.uids).toEqual([1, 2, 3]);
  });

  test('each mail gets the action of its own outcome, and one that is not settled gets none', async () => {
    await start();
    await server.deliver([mail('good'), mail('bad')]);
    bench.intake.outcomeOf = (raw) => (subjectOf(raw) === 'bad' ? 'malformed' : 'report');
    await readOnly();
    await server.deliver([mail('third')]);
    bench.intake.failures.push(new Error('the disk is full'));
    run({ after_done: 'move:Done', after_failed: 'seen' });
    await bench.failed(1);
    bench.clock.wake();
    await bench.clock.slept(3);
    bench.clock.wake();
    await bench.polled(2);
    expect(await server.flags()).toEqual(flagged('\\Seen', [2]));
    expect((await server.flags('Done')).size).toBe(2);
  });

  test('duplicates and mails that are no report have their own actions made up for', async () => {
    await start();
    await server.deliver([mail('report'), mail('duplicate'), mail('bounce')]);
    const outcomes = ['report', 'duplicate', 'bounce'] as const;
    bench.intake.outcomeOf = (raw) => outcomes.find((outcome) => outcome === subjectOf(raw)) ?? 'failed';
    await readOnly();
    run({ after_done: 'move:Done', after_duplicate: 'seen', after_not_a_report: 'nothing' });
    expect(await bench.polled(2)).toMatchObject({ mails: 0 });
    expect(await server.flags()).toEqual(
      new Map([
        [2, ['\\Seen']],
        [3, []],
      ]),
    );
    expect((await server.flags('Done')).size).toBe(1);
  });

  test.each([
    ['STORE', /UID STORE/, 'seen', flagged('\\Seen', [1, 2])],
    ['MOVE', /UID MOVE/, 'move:Done', new Map()],
    ['EXPUNGE', /UID EXPUNGE/, 'delete', new Map()],
  ])('a connection that is reset at %s costs no action', async (_title, at, after_done, left) => {
    await start();
    await server.deliver(mails(2));
    proxy.spoilAt(at, 'reset');
    run({ after_done });
    await bench.heard.nth('afterActionFailed', 1);
    proxy.pass();
    await bench.clock.slept(1);
    bench.clock.wake();
    await bench.clock.slept(2);
    bench.clock.wake();
    await bench.heard.nth('pollSucceeded', 1);
    await bench.clock.slept(3);
    expect(await server.flags()).toEqual(left);
    expect(bench.intake.uids).toEqual([1, 2]);
  });

  test('a move that was refused is made up for, once', async () => {
    await start();
    await server.deliver(mails(2));
    await server.deliver([], 'Done');
    await server.forbid('Done');
    run({ after_done: 'move:Done' });
    await bench.polled(1);
    expect(bench.heard.count('afterActionFailed')).toBe(1);
    await server.allow('Done');
    bench.clock.wake();
    expect(await bench.polled(2)).toMatchObject({ mails: 0 });
    expect((await server.flags('Done')).size).toBe(2);
    expect((await server.flags()).size).toBe(0);
    bench.clock.wake();
    await bench.polled(3);
    expect(bench.heard.count('afterActionFailed')).toBe(1);
  });

  test('what a person unmarks later stays unmarked', async () => {
    await start();
    await server.deliver(mails(1));
    run({ after_done: 'seen' });
    await bench.polled(1);
    bench.clock.wake();
    await bench.polled(2);
    await server.doveadm('flags', 'remove', '-u', server.user, '\\Seen', 'mailbox', 'INBOX', 'uid', '1');
    bench.clock.wake();
    await bench.polled(3);
    expect(await server.flags()).toEqual(new Map([[1, []]]));
  });

  test('without MOVE and UIDPLUS what was copied and marked is not copied again', async () => {
    await start({ capability: 'IMAP4rev1 LITERAL+' });
    await server.deliver(mails(2));
    const first = run({ after_done: 'move:Done' });
    await bench.polled(1);
    await first.stop();
    run({ after_done: 'move:Done' });
    await bench.polled(2);
    expect(await server.flags()).toEqual(flagged('\\Deleted', [1, 2]));
    expect((await server.flags('Done')).size).toBe(2);
  });

  test('a dry run says what would be done, and does nothing', async () => {
    await start();
    await server.deliver([mail('good'), mail('bad'), mail('good')]);
    bench.intake.outcomeOf = (raw) => (subjectOf(raw) === 'bad' ? 'malformed' : 'report');
    run({ dry_run: true, after_done: 'move:Done', after_failed: 'delete' });
    expect(await bench.polled(1)).toMatchObject({ mails: 3 });
    const told = bench.heard.told.filter(({ name }) => name === 'info').map(({ args }) => args[1]);
    expect(told).toEqual([
      { mailbox: 'reports', folder: 'INBOX', would: 'move:Done', uids: '1,3' },
      { mailbox: 'reports', folder: 'INBOX', would: 'delete', uids: '2' },
    ]);
    expect([...(await server.flags()).values()]).toEqual([[], [], []]);
    expect(proxy.sent).not.toMatch(/SELECT|STORE|MOVE|COPY|CREATE|EXPUNGE/);
  });
});
