import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MailboxConfig } from '../../src/config/config.js';
import { imapSource } from '../../src/source/imap.js';
import { imapTimeouts } from '../../src/source/imap-session.js';
import type { Dovecot } from '../support/dovecot.js';
import { startDovecot } from '../support/dovecot.js';
import { freePort } from '../support/ports.js';
import { describeWith } from '../support/servers.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { startProxy } from '../support/tcp-proxy.js';
import type { TempDir } from '../support/temp.js';
import { tempDir } from '../support/temp.js';
import { Bench, mail, mailboxAt, mails } from './harness.js';

describeWith(['dovecot'], 'an IMAP mailbox that fails', () => {
  let server: Dovecot;
  let proxy: TcpProxy;
  let dir: TempDir;
  let bench: Bench;

  const impatient = { ...imapTimeouts, connect: 5_000, greeting: 300, silence: 300 };

  beforeEach(async () => {
    bench = new Bench();
    dir = await tempDir();
    server = await startDovecot();
    proxy = await startProxy(server.port);
  });

  afterEach(async () => {
    await bench.stopAll();
    await proxy.stop();
    await server.stop();
    await dir.remove();
  });

  /** The failure of the first poll, which is also what a probe rejects with. */
  const failureOf = async (settings: Partial<MailboxConfig>): Promise<Readonly<Record<string, unknown>>> => {
    const source = imapSource(mailboxAt(server, settings), bench.deps(), { ...impatient, silence: 5_000 });
    bench.run(source);
    const failed = await bench.failed(1);
    await expect(source.probe(new AbortController().signal)).rejects.toMatchObject({
      message: failed['message'],
      hint: failed['hint'],
      retryable: true,
    });
    return failed;
  };

  test.each([
    ['TLS from the first byte', 'tls', 'tlsPort'],
    ['STARTTLS', 'starttls', 'port'],
  ] as const)('%s with the CA file works', async (_title, tls, port) => {
    await server.deliver(mails(1));
    const settings = { tls, port: server[port], ca_file: server.caFile };
    bench.run(imapSource(mailboxAt(server, settings), bench.deps()));
    expect(await bench.polled(1)).toMatchObject({ mails: 1 });
  });

  test.each([
    ['tls', 'tlsPort'],
    ['starttls', 'port'],
  ] as const)('an untrusted certificate under %s names ca_file', async (tls, port) => {
    expect(await failureOf({ tls, port: server[port] })).toMatchObject({
      reason: 'tls',
      message: `mailbox reports: the certificate of 127.0.0.1:${server[port]} is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`,
      hint: expect.stringContaining('ca_file') as string,
    });
  });

  test('a CA file that is missing or holds no certificate is named', async () => {
    const empty = join(dir.path, 'empty.pem');
    await writeFile(empty, 'nothing\n');
    const missing = join(dir.path, 'missing.pem');
    const tls = { tls: 'tls', port: server.tlsPort } as const;
    expect(await failureOf({ ...tls, ca_file: missing })).toMatchObject({
      reason: 'tls',
      message: `mailbox reports: ca_file ${missing} cannot be read: ENOENT`,
    });
    const source = imapSource(mailboxAt(server, { ...tls, ca_file: empty }), bench.deps());
    await expect(source.probe(new AbortController().signal)).rejects.toThrow(`ca_file ${empty} holds no certificate`);
  });

  test('STARTTLS that is not offered is never skipped', async () => {
    const plain = await startDovecot({ tls: false });
    try {
      await plain.deliver(mails(1));
      expect(await failureOf({ tls: 'starttls', port: plain.port })).toMatchObject({
        reason: 'tls',
        message: `mailbox reports: 127.0.0.1:${plain.port} does not offer STARTTLS`,
        hint: expect.stringContaining('tls of the mailbox') as string,
      });
      expect(await plain.log()).not.toMatch(/Login: user|correct horse/);
    } finally {
      await plain.stop();
    }
  });

  test('TLS against a port that speaks plain IMAP says that tls and port do not fit', async () => {
    expect(await failureOf({ tls: 'tls' })).toMatchObject({
      reason: 'tls',
      hint: expect.stringContaining('tls for 993, starttls for 143') as string,
    });
  });

  test('plain IMAP against a TLS port gets no greeting and says that tls and port do not fit', async () => {
    expect(await failureOf({ tls: 'none', port: server.tlsPort })).toMatchObject({
      reason: 'timeout',
      hint: expect.stringContaining('tls of the mailbox fits its port') as string,
    });
  });

  test('a server that takes no password in the open asks for TLS', async () => {
    // Dovecot trusts a client of its own address, so the client comes from another.
    const strict = await startDovecot({ extraConfig: 'disable_plaintext_auth = yes' });
    const elsewhere = await startProxy(strict.port, { from: '127.0.0.2' });
    try {
      expect(await failureOf({ port: elsewhere.port })).toMatchObject({
        reason: 'tls',
        hint: 'set tls of the mailbox to starttls or tls',
      });
    } finally {
      await elsewhere.stop();
      await strict.stop();
    }
  });

  test('a wrong password names the settings, not the password, and is tried again', async () => {
    const failed = await failureOf({ password: 'wrong and secret' });
    expect(failed).toMatchObject({
      reason: 'auth',
      message: expect.stringContaining(`refused the login of dmarc`) as string,
      hint: expect.stringContaining('user and password (or password_file) of the mailbox') as string,
    });
    bench.clock.wake();
    await bench.failed(2);
    expect(JSON.stringify(bench.heard.told)).not.toContain('wrong and secret');
  });

  test('a missing folder is named with those that exist, and the others are still read', async () => {
    await server.deliver(mails(2));
    for (let number = 10; number < 21; number++) await server.createFolder(`F${number}`);
    bench.run(imapSource(mailboxAt(server, { folders: ['Reprots', 'INBOX', 'Nowhere'] }), bench.deps()));
    const failed = await bench.failed(1);
    expect(failed).toMatchObject({
      reason: 'other',
      message: 'mailbox reports has no folder Reprots (and 1 more of its folders failed)',
    });
    const listed = /exists: (.*) and 2 more$/.exec(String(failed['hint']))?.[1]?.split(', ');
    expect(listed).toHaveLength(10);
    expect(listed).toContain('F10');
    expect(bench.intake.uids).toEqual([1, 2]);
  });

  test('a port where nothing listens', async () => {
    const port = await freePort();
    expect(await failureOf({ port })).toMatchObject({
      reason: 'connect',
      message: `mailbox reports: nothing accepts connections at 127.0.0.1:${port}`,
      hint: expect.stringContaining('host and port') as string,
    });
  });

  test('a host name that does not exist', async () => {
    expect(await failureOf({ host: 'imap.example.invalid' })).toMatchObject({
      reason: 'connect',
      message: expect.stringContaining('the name of imap.example.invalid') as string,
      hint: expect.stringContaining('DNS') as string,
    });
  });

  test('a server that says nothing is given up', async () => {
    proxy.stallAfter(0);
    expect(await failureOf({ port: proxy.port })).toMatchObject({
      reason: 'timeout',
      message: `mailbox reports: 127.0.0.1:${proxy.port} accepts the connection but says nothing`,
    });
  });

  test('a connection that falls silent amid a mail is given up, and the next poll brings what is missing', async () => {
    await server.deliver(mails(60, 'x'.repeat(900)));
    proxy.stallAfter(60_000);
    bench.run(imapSource(mailboxAt(server, { port: proxy.port }), bench.deps(), impatient));
    expect(await bench.failed(1)).toMatchObject({
      reason: 'timeout',
      message: `mailbox reports: 127.0.0.1:${proxy.port} fell silent`,
    });
    expect(bench.intake.uids).toHaveLength(50);
    proxy.pass();
    bench.clock.wake();
    expect(await bench.polled(1)).toMatchObject({ mails: 10 });
    expect(bench.intake.uids).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  });

  test('a connection that is cut amid a mail loses nothing and brings nothing twice', async () => {
    await server.deliver(mails(60, 'x'.repeat(900)));
    proxy.cutAfter(30_000);
    bench.run(imapSource(mailboxAt(server, { port: proxy.port }), bench.deps()));
    expect(await bench.failed(1)).toMatchObject({
      reason: 'connect',
      message: `mailbox reports: 127.0.0.1:${proxy.port} ended the connection`,
      retryInMs: expect.toSatisfy((ms: number) => ms > 3_749 && ms <= 5_000) as number,
    });
    expect(bench.intake.batches).toEqual([]);
    proxy.cutAfter(60_000);
    bench.clock.wake();
    await bench.failed(2);
    expect(bench.intake.uids).toHaveLength(50);
    proxy.pass();
    bench.clock.wake();
    expect(await bench.polled(1)).toMatchObject({ mails: 10 });
    expect(bench.intake.uids).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  });

  test('a kept login that the server ends between two polls is replaced', async () => {
    bench.run(imapSource(mailboxAt(server, { poll_seconds: 5 }), bench.deps()));
    await bench.polled(1);
    await server.deliver(mails(1));
    await server.kick();
    bench.clock.wake();
    // The login may be found dead before the poll or in its first command.
    await bench.polled(2).catch(() => bench.clock.wake());
    await bench.heard.nth('pollSucceeded', 2);
    expect(bench.intake.uids).toEqual([1]);
  });

  test('an oversized mail is never downloaded', async () => {
    await server.deliver([mail('large', 'x'.repeat(300_000)), mail('small')]);
    bench.run(imapSource(mailboxAt(server, { port: proxy.port }), bench.deps({ mailBytes: 10_000 })));
    await bench.polled(1);
    expect(bench.intake.mails.map(({ content }) => content === null)).toEqual([true, false]);
    expect(bench.intake.mails[0]?.size).toBeGreaterThan(300_000);
    expect(proxy.received).toBeLessThan(10_000);
  });

  test('a mail over which the server ends the connection is found, named, and does not keep the others', async () => {
    await server.deliver(mails(5));
    await server.breakMail(3);
    bench.run(imapSource(mailboxAt(server, { folders: ['INBOX'] }), bench.deps()));
    await bench.failed(1);
    bench.clock.wake();
    await bench.failed(2);
    bench.clock.wake();
    await bench.failed(3);
    await server.deliver([mail('later')]);
    bench.clock.wake();
    expect(await bench.failed(4)).toMatchObject({
      reason: 'connect',
      message: expect.stringContaining('the mail with UID 3 of INBOX') as string,
      hint: expect.stringContaining('all other mails are read') as string,
    });
    expect(bench.intake.uids).toEqual([1, 2, 6, 4, 5]);
  });

  test('mails that the store does not take stay unsettled and come again', async () => {
    await server.deliver(mails(60));
    await server.deliver(mails(1), 'Other');
    bench.intake.failures.push(new Error('the disk is full'));
    const settings = { folders: ['INBOX', 'Other'], after_done: 'delete' };
    bench.run(imapSource(mailboxAt(server, settings), bench.deps()));
    expect(await bench.failed(1)).toMatchObject({
      reason: 'store',
      message: '50 mails of reports could not be stored and stay unsettled: the disk is full',
    });
    expect((await server.flags()).size).toBe(60);
    expect(bench.intake.batches).toEqual([]);
    bench.clock.wake();
    expect(await bench.polled(1)).toMatchObject({ mails: 61 });
    expect((await server.flags()).size).toBe(0);
    expect(bench.intake.mails).toHaveLength(61);
  });

  test('a login survives a store that takes longer than the server may be silent', async () => {
    await server.deliver(mails(51));
    bench.intake.during = () => new Promise((resolve) => setTimeout(resolve, 3 * impatient.silence));
    bench.run(imapSource(mailboxAt(server, { port: proxy.port, after_done: 'seen' }), bench.deps(), impatient));
    expect(await bench.polled(1)).toMatchObject({ mails: 51 });
    expect(bench.heard.count('afterActionFailed')).toBe(0);
    expect(proxy.connections).toBe(1);
  });

  test('one mailbox that hangs does not delay another', async () => {
    await server.deliver(mails(1));
    proxy.stallAfter(0);
    bench.run(imapSource(mailboxAt(server, { name: 'stalled', port: proxy.port }), bench.deps()));
    bench.run(imapSource(mailboxAt(server), bench.deps()));
    expect(await bench.polled(1)).toMatchObject({ mails: 1 });
  });

  test('a stop during a delivery waits for it, settles it and takes no further batch', async () => {
    await server.deliver(mails(120));
    const delivery = bench.intake.hold();
    const running = bench.run(imapSource(mailboxAt(server, { after_done: 'seen' }), bench.deps()));
    await delivery.begun;
    const stopped = running.stop();
    delivery.release();
    await stopped;
    expect(bench.intake.uids).toHaveLength(50);
    const seen = [...(await server.flags()).values()].filter((flags) => flags.includes('\\Seen'));
    expect(seen).toHaveLength(50);
    expect(bench.heard.count('pollFailed')).toBe(0);
  });

  test('a stop ends a transfer, a login and a pause at once', async () => {
    await server.deliver(mails(60, 'x'.repeat(900)));
    proxy.stallAfter(30_000);
    const transfer = bench.run(imapSource(mailboxAt(server, { port: proxy.port }), bench.deps()));
    while (proxy.received < 30_000) await new Promise((resolve) => setImmediate(resolve));
    await transfer.stop();
    proxy.stallAfter(0);
    const connections = proxy.connections;
    const login = bench.run(imapSource(mailboxAt(server, { port: proxy.port }), bench.deps()));
    while (proxy.connections === connections) await new Promise((resolve) => setImmediate(resolve));
    await login.stop();
    const pause = bench.run(imapSource(mailboxAt(server), bench.deps()));
    await bench.polled(1);
    await pause.stop();
    expect(bench.heard.count('pollFailed')).toBe(0);
  });
});
