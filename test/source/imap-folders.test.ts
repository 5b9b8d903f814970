import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { afterActionsOf } from '../../src/source/after-action.js';
import { chooseFolders, like } from '../../src/source/folder-choice.js';
import { imapSource } from '../../src/source/imap.js';
import type { Dovecot } from '../support/dovecot.js';
import { startDovecot } from '../support/dovecot.js';
import { describeWith } from '../support/servers.js';
import { Bench, mail, mailboxAt } from './harness.js';

describe('a name with wildcards', () => {
  test.each([
    ['DMARC/*', 'DMARC/a/b', true],
    ['DMARC/%', 'DMARC/a', true],
    ['DMARC/%', 'DMARC/a/b', false],
    ['DMARC/*', 'DMARC', false],
    ['*', 'INBOX', true],
    ['%/Reports', 'a/Reports', true],
    ['%/Reports', 'a/b/Reports', false],
    ['*port%', 'x/Reports', true],
    ['a*b', 'aXc', false],
    ['a.b', 'aXb', false],
    ['', '', true],
    ['%', '', true],
  ])('%j and %j: %s', (pattern, name, fits) => {
    expect(like(pattern, name)).toBe(fits);
  });
});

describe('the folders of a mailbox', () => {
  const address = { host: '127.0.0.1', port: 143, user: 'dmarc', password: 'secret' };
  const listed = ['INBOX', 'DMARC.a', 'DMARC.b', 'Done'].map((path) => ({ path, delimiter: '.' }));

  test('wildcards stand for as many folders as the bound, and one more is told', () => {
    const mailbox = mailboxAt(address, { folders: ['DMARC/*'] });
    const choose = (mailboxFolders: number) =>
      chooseFolders(mailbox, afterActionsOf(mailbox), listed, { mailboxFolders });
    expect(choose(2)).toEqual({ folders: ['DMARC.a', 'DMARC.b'], failures: [] });
    expect(choose(1).folders).toEqual(['DMARC.a']);
    expect(choose(1).failures[0]?.message).toBe(
      'mailbox reports: folders stands for 2 folders, of which the first 1 are read',
    );
  });

  test('the folder of an after-action is left out of wildcards, and refused where it is meant by its use', () => {
    const withUse = [...listed, { path: 'Papierkorb', delimiter: '.', flags: new Set(['\\HasNoChildren', '\\Trash']) }];
    const mailbox = mailboxAt(address, {
      folders: ['*', '\\Trash'],
      after_done: 'move:Done',
      after_failed: 'move:\\Trash',
    });
    const { folders, failures } = chooseFolders(mailbox, afterActionsOf(mailbox), withUse, { mailboxFolders: 9 });
    expect(folders).toEqual(['INBOX', 'DMARC.a', 'DMARC.b']);
    expect(failures.map(({ message }) => message)).toEqual([
      'mailbox reports: folder \\Trash is not read, because mails are moved there',
    ]);
  });

  test('a folder is read once, whatever names stand for it, and a plain name keeps its ledger', () => {
    const mailbox = mailboxAt(address, { folders: ['DMARC/b', 'DMARC/%', 'inbox'] });
    const { folders } = chooseFolders(mailbox, afterActionsOf(mailbox), listed, { mailboxFolders: 9 });
    expect(folders).toEqual(['DMARC/b', 'DMARC.a', 'inbox']);
  });
});

describeWith(['dovecot'], 'folders of an IMAP mailbox', () => {
  let server: Dovecot;
  let bench: Bench;

  const start = async (namespace = ''): Promise<void> => {
    server = await startDovecot({ tls: false, extraConfig: namespace });
  };

  const origins = (): readonly string[] => bench.intake.mails.map(({ origin }) => origin.folder).sort();

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(async () => {
    await bench.stopAll();
    await server.stop();
  });

  test('wildcards find folders on every level, non-ASCII ones too, and a later one at the next poll', async () => {
    await start();
    for (const folder of ['DMARC/Jänner', 'DMARC/報告/alt', 'Other']) await server.deliver([mail(folder)], folder);
    bench.run(imapSource(mailboxAt(server, { folders: ['DMARC/*'] }), bench.deps()));
    expect(await bench.polled(1)).toMatchObject({ mails: 2 });
    expect(origins()).toEqual(['DMARC/Jänner', 'DMARC/報告/alt']);
    await server.deliver([mail('new')], 'DMARC/Feber');
    bench.clock.wake();
    expect(await bench.polled(2)).toMatchObject({ mails: 1 });
  });

  test.each([
    ['INBOX.Done', 'Done'],
    ['Done', 'INBOX/Done'],
    ['done/D\u00f6ner', 'INBOX/done/Do\u0308ner'],
  ])('%s is not read when mails are moved to %s, which is the same folder', async (folder, target) => {
    await start('namespace inbox {\n  separator = .\n  prefix = INBOX.\n}');
    for (const each of ['Done', 'done.D\u00f6ner']) await server.deliver([mail(each)], each);
    const settings = { folders: [folder], after_done: `move:${target}` };
    bench.run(imapSource(mailboxAt(server, settings), bench.deps()));
    expect(await bench.failed(1)).toMatchObject({
      message: `mailbox reports: folder ${folder} is not read, because mails are moved there`,
    });
    expect(bench.intake.mails).toEqual([]);
  });

  test('wildcards are written with slashes whatever the separator and the prefix of the server', async () => {
    await start('namespace inbox {\n  separator = .\n  prefix = INBOX.\n}');
    await server.deliver([mail('a')], 'DMARC/a');
    await server.deliver([mail('b')], 'DMARC/a/b');
    const folders = ['DMARC/%'];
    bench.run(imapSource(mailboxAt(server, { folders, after_done: 'seen' }), bench.deps()));
    expect(await bench.polled(1)).toMatchObject({ mails: 1 });
    expect(origins()).toEqual(['INBOX.DMARC.a']);
  });

  test('a use such as \\Junk is read and moved to under the name that the server has for it', async () => {
    await start(
      'namespace inbox {\n  mailbox Spamverdacht {\n    auto = create\n    special_use = \\Junk\n  }\n  mailbox Ablage {\n    auto = create\n    special_use = \\Archive\n  }\n}',
    );
    await server.deliver([mail('spam?')], 'Spamverdacht');
    const settings = { folders: ['\\Junk'], after_done: 'move:\\Archive' };
    bench.run(imapSource(mailboxAt(server, settings), bench.deps()));
    expect(await bench.polled(1)).toMatchObject({ mails: 1 });
    expect(origins()).toEqual(['Spamverdacht']);
    expect((await server.flags('Ablage')).size).toBe(1);
  });

  test('a folder that is moved to by its use is not read, whatever it is called', async () => {
    await start('namespace inbox {\n  mailbox Ablage {\n    auto = create\n    special_use = \\Archive\n  }\n}');
    await server.deliver([mail('here')]);
    const settings = { folders: ['Ablage', 'INBOX'], after_done: 'move:\\Archive' };
    bench.run(imapSource(mailboxAt(server, settings), bench.deps()));
    expect(await bench.failed(1)).toMatchObject({
      message: 'mailbox reports: folder Ablage is not read, because mails are moved there',
    });
    expect(origins()).toEqual(['INBOX']);
  });

  test('a name that stands for nothing fails alone', async () => {
    await start();
    await server.deliver([mail('here')]);
    bench.run(imapSource(mailboxAt(server, { folders: ['DMARC/*', '\\Junk', 'INBOX'] }), bench.deps()));
    expect(await bench.failed(1)).toMatchObject({
      reason: 'other',
      message: 'mailbox reports has no folder like DMARC/* (and 1 more of its folders failed)',
      hint: 'set folders of the mailbox to what exists: INBOX',
    });
    expect(origins()).toEqual(['INBOX']);
  });

  test('a folder that may not be opened fails alone and is named', async () => {
    await start();
    await server.deliver([mail('here')]);
    await server.deliver([mail('secret')], 'Locked');
    await server.forbid('Locked');
    bench.run(imapSource(mailboxAt(server, { folders: ['*'] }), bench.deps()));
    expect(await bench.failed(1)).toMatchObject({ message: expect.stringContaining('Locked') as string });
    expect(origins()).toEqual(['INBOX']);
  });

  test.each([
    ['within the time of a folder all of it is read', 2, [50, 1, 1], 0],
    ['a folder whose time is over leaves its rest to the next poll and does not keep the others', 1, [50, 1], 1],
  ] as const)('%s', async (_title, folderPollSeconds, batches, left) => {
    await start();
    await server.deliver(
      Array.from({ length: 51 }, (_, index) => mail(String(index))),
      'A',
    );
    await server.deliver([mail('b')], 'B');
    let now = 1_000_000;
    bench.clock.now = () => now;
    bench.intake.during = () => Promise.resolve(void (now += 1_000));
    bench.run(imapSource(mailboxAt(server, { folders: ['A', 'B'] }), bench.deps({ folderPollSeconds })));
    await bench.polled(1);
    expect(bench.intake.batches.map((batch) => batch.length)).toEqual(batches);
    expect(bench.heard.facts('backlog').at(-1)).toMatchObject({ left });
    bench.clock.wake();
    expect(await bench.polled(2)).toMatchObject({ mails: left });
  });
});
