import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MailboxConfig } from '../../src/config/config.js';
import { imapSource } from '../../src/source/imap.js';
import { openSources } from '../../src/source/source.js';
import type { Dovecot, DovecotOptions } from '../support/dovecot.js';
import { startDovecot } from '../support/dovecot.js';
import { describeWith } from '../support/servers.js';
import { Bench, mail, mailboxAt, mails, subjectOf } from './harness.js';

describeWith(['dovecot'], 'after a mail is settled', () => {
  let server: Dovecot;
  let bench: Bench;

  const start = async (options: DovecotOptions = {}): Promise<void> => {
    server = await startDovecot({ tls: false, ...options });
  };

  /** Two mails, of which the second is malformed, through one poll. */
  const pollTwo = async (settings: Partial<MailboxConfig>): Promise<void> => {
    await server.deliver([mail('good'), mail('bad')]);
    bench.intake.outcomeOf = (raw) => (subjectOf(raw) === 'bad' ? 'malformed' : 'report');
    bench.run(imapSource(mailboxAt(server, settings), bench.deps()));
    await bench.polled(1);
  };

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(async () => {
    await bench.stopAll();
    await server.stop();
  });

  test('seen and a keyword are set, each on the mails that ended so, and other flags stay', async () => {
    await start();
    await server.deliver([mail('good')]);
    await server.doveadm('flags', 'add', '-u', server.user, '\\Flagged', 'mailbox', 'INBOX', 'uid', '1');
    await pollTwo({ after_done: 'seen', after_failed: 'flag:$Unreadable' });
    expect(await server.flags()).toEqual(
      new Map([
        [1, ['\\Flagged', '\\Seen']],
        [2, ['\\Seen']],
        [3, ['$Unreadable']],
      ]),
    );
  });

  /** One mail of each kind of outcome, UIDs 1 to 4, through one poll. */
  const pollEach = async (settings: Partial<MailboxConfig>): Promise<void> => {
    const outcomes = ['report', 'duplicate', 'tls-report', 'malformed'] as const;
    await server.deliver(outcomes.map((outcome) => mail(outcome)));
    bench.intake.outcomeOf = (raw) => outcomes.find((outcome) => outcome === subjectOf(raw)) ?? 'failed';
    bench.run(imapSource(mailboxAt(server, settings), bench.deps()));
    await bench.polled(1);
  };

  test('duplicates and mails that are no report have actions of their own', async () => {
    await start();
    await pollEach({
      after_done: 'seen',
      after_duplicate: 'delete',
      after_not_a_report: 'move:Other',
      after_failed: 'flag:$Unreadable',
    });
    expect(await server.flags()).toEqual(
      new Map([
        [1, ['\\Seen']],
        [4, ['$Unreadable']],
      ]),
    );
    expect((await server.flags('Other')).size).toBe(1);
  });

  test('nothing is an action of its own, too', async () => {
    await start();
    await pollEach({ after_done: 'delete', after_duplicate: 'nothing', after_not_a_report: 'nothing' });
    expect([...(await server.flags()).keys()]).toEqual([2, 3, 4]);
  });

  test('where none is set for them, they get what a report gets', async () => {
    await start();
    await pollEach({ after_done: 'move:Done' });
    expect(await server.flags()).toEqual(new Map([[4, []]]));
    expect((await server.flags('Done')).size).toBe(3);
  });

  test('delete removes the settled mails and none that another program has marked', async () => {
    await start();
    await server.deliver([mail('marked by a person')]);
    await server.doveadm('flags', 'add', '-u', server.user, '\\Deleted', 'mailbox', 'INBOX', 'uid', '1');
    bench.intake.outcomeOf = (raw) => (subjectOf(raw) === 'good' ? 'report' : 'malformed');
    await server.deliver([mail('good')]);
    bench.run(imapSource(mailboxAt(server, { after_done: 'delete' }), bench.deps()));
    await bench.polled(1);
    expect(await server.flags()).toEqual(new Map([[1, ['\\Deleted']]]));
  });

  test('delete without UIDPLUS only marks, and says so', async () => {
    await start({ capability: 'IMAP4rev1 LITERAL+' });
    await pollTwo({ after_done: 'delete' });
    expect(await server.flags()).toEqual(
      new Map([
        [1, ['\\Deleted']],
        [2, []],
      ]),
    );
    expect(bench.heard.told.filter(({ name }) => name === 'warn').map(({ args }) => args[1])).toEqual([
      { mailbox: 'reports', folder: 'INBOX', mails: 1 },
    ]);
  });

  test('move makes the folder that is missing and moves into it', async () => {
    await start();
    await pollTwo({ after_done: 'move:Reports/Gelesen für immer', after_failed: 'move:Unreadable' });
    expect(await server.flags()).toEqual(new Map());
    expect((await server.flags('Reports/Gelesen für immer')).size).toBe(1);
    expect((await server.flags('Unreadable')).size).toBe(1);
  });

  test('move into a folder that exists adds to it', async () => {
    await start();
    await server.deliver(mails(3), 'Done');
    await pollTwo({ after_done: 'move:Done', after_failed: 'move:Done' });
    expect((await server.flags('Done')).size).toBe(5);
  });

  test.each([
    ['with UIDPLUS copies and removes', 'IMAP4rev1 LITERAL+ UIDPLUS', []],
    ['and without UIDPLUS copies and marks', 'IMAP4rev1 LITERAL+', [[1, ['\\Deleted']]]],
  ] as const)('a server without MOVE %s', async (_title, capability, left) => {
    await start({ capability });
    await server.deliver([mail('good')]);
    bench.run(imapSource(mailboxAt(server, { after_done: 'move:Done' }), bench.deps()));
    await bench.polled(1);
    expect([...(await server.flags())]).toEqual(left);
    expect((await server.flags('Done')).size).toBe(1);
    bench.clock.wake();
    expect(await bench.polled(2)).toMatchObject({ mails: 0 });
  });

  test('the separator of the server is found for a folder that is written with slashes', async () => {
    await start({ extraConfig: 'namespace inbox {\n  separator = .\n  prefix = INBOX.\n}' });
    await server.deliver([mail('good')], 'Reports/DMARC');
    const folders = ['Reports/DMARC'];
    bench.run(imapSource(mailboxAt(server, { folders, after_done: 'move:Reports/Read' }), bench.deps()));
    expect(await bench.polled(1)).toMatchObject({ mails: 1 });
    expect((await server.flags('INBOX.Reports.Read')).size).toBe(1);
    expect((await server.flags('INBOX.Reports.DMARC')).size).toBe(0);
  });

  test('an action that the server refuses is told, and the mail is not read again', async () => {
    await start();
    await pollTwo({ after_done: 'move:no//such/folder', after_failed: 'seen' });
    expect(bench.heard.facts('afterActionFailed')).toMatchObject([
      { folder: 'INBOX', action: 'move:no//such/folder', uids: 1 },
    ]);
    expect(bench.heard.facts('afterActionFailed')[0]?.['message']).toMatch(/name/i);
    expect((await server.flags()).get(2)).toEqual(['\\Seen']);
    bench.clock.wake();
    expect(await bench.polled(2)).toMatchObject({ mails: 0 });
    expect(bench.intake.uids).toEqual([1, 2]);
  });

  test('nothing is touched before the store has committed', async () => {
    await start();
    const seen: unknown[] = [];
    bench.intake.during = async () => {
      seen.push([...(await server.flags())]);
    };
    await pollTwo({ after_done: 'seen', after_failed: 'delete' });
    expect(seen).toEqual([
      [
        [1, []],
        [2, []],
      ],
    ]);
  });

  test.each(['done', 'duplicate', 'not_a_report', 'failed'])(
    'a mailbox that would move mails into a folder it reads is refused: after_%s',
    async (settlement) => {
      await start();
      const mailbox = mailboxAt(server, { folders: ['INBOX', 'Done'], [`after_${settlement}`]: 'move:Done' });
      expect(() => openSources({ mailboxes: [mailbox], directories: [] }, bench.deps())).toThrow(
        `after_${settlement} of mailbox reports moves mails to Done, which it reads`,
      );
    },
  );
});
