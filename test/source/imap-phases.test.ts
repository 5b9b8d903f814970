import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import { imapSource } from '../../src/source/imap.js';
import { imapTimeouts } from '../../src/source/imap-session.js';
import type { Dovecot } from '../support/dovecot.js';
import { startDovecot } from '../support/dovecot.js';
import { describeWith } from '../support/servers.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { startProxy } from '../support/tcp-proxy.js';
import { Bench, mailboxAt, mails } from './harness.js';

const phases = [
  ['the login', /LOGIN|AUTHENTICATE/, 0],
  ['SELECT', / SELECT/, 0],
  ['SEARCH', /UID SEARCH/, 0],
  ['FETCH', /BODY\.PEEK/, 0],
  ['the literal of a FETCH', /BODY\.PEEK/, 300],
] as const;

describeWith(['dovecot'], 'a fault of the network', () => {
  let server: Dovecot;
  let proxy: TcpProxy;
  let bench: Bench;

  const impatient = { ...imapTimeouts, connect: 5_000, greeting: 300, silence: 300 };

  const run = (): void => {
    const mailbox = mailboxAt(server, { port: proxy.port, after_done: 'seen' });
    bench.run(imapSource(mailbox, bench.deps(), impatient));
  };

  /** Three mails, each read once and marked, after one poll that failed. */
  const recovers = async (): Promise<void> => {
    proxy.pass();
    await bench.clock.slept(1);
    bench.clock.wake();
    expect(await bench.polled(1)).toMatchObject({ mails: 3 });
    expect(bench.intake.uids).toEqual([1, 2, 3]);
    expect([...(await server.flags()).values()]).toEqual([['\\Seen'], ['\\Seen'], ['\\Seen']]);
  };

  beforeEach(async () => {
    server = await startDovecot({ tls: false });
    proxy = await startProxy(server.port);
    bench = new Bench();
    await server.deliver(mails(3, 'x'.repeat(500)));
  });

  afterEach(async () => {
    await bench.stopAll();
    await proxy.stop();
    await server.stop();
  });

  test('a connection that is refused', async () => {
    proxy.refuse();
    run();
    expect(await bench.failed(1)).toMatchObject({ reason: 'connect' });
    await recovers();
  });

  for (const [phase, at, after] of phases) {
    test.each([
      ['ends', 'end', 'connect'],
      ['is reset', 'reset', 'connect'],
      ['falls silent', 'stall', 'timeout'],
    ] as const)(`a connection that %s at ${phase}`, async (_title, how, reason) => {
      proxy.spoilAt(at, how, after);
      run();
      expect(await bench.failed(1)).toMatchObject({ reason });
      expect(bench.intake.mails).toEqual([]);
      await recovers();
    });
  }

  test('a slow link brings everything', async () => {
    proxy.slow(4_000);
    run();
    expect(await bench.polled(1)).toMatchObject({ mails: 3 });
    expect(bench.intake.uids).toEqual([1, 2, 3]);
  });

  test('a server that starts again ends the IDLE, and the next poll finds it', async () => {
    const mailbox = mailboxAt(server, { idle: true });
    bench.run(imapSource(mailbox, { ...bench.deps(), clock: systemClock }));
    await bench.polled(1);
    await server.restart();
    await server.deliver(mails(1));
    while (bench.intake.mails.length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(bench.intake.uids).toEqual([1, 2, 3, 4]);
  });

  test('a mailbox that is emptied, and filled under a new UIDVALIDITY, is read anew', async () => {
    run();
    await bench.polled(1);
    await server.doveadm('expunge', '-u', server.user, 'mailbox', 'INBOX', 'all');
    bench.clock.wake();
    expect(await bench.polled(2)).toMatchObject({ mails: 0 });
    await server.setUidValidity(1999999999);
    await server.deliver(mails(2));
    bench.clock.wake();
    expect(await bench.polled(3)).toMatchObject({ mails: 2 });
    expect(bench.heard.count('pollFailed')).toBe(0);
  });

  test('two services on one mailbox lose no mail, and neither reads one twice', async () => {
    const other = new Bench();
    const mailbox = mailboxAt(server, { after_done: 'move:Done' });
    try {
      bench.run(imapSource(mailbox, bench.deps()));
      other.run(imapSource(mailbox, other.deps()));
      await Promise.all([bench.polled(1), other.polled(1)]);
      expect((await server.flags()).size).toBe(0);
      // Two MOVEs at one moment may leave two copies: Dovecot copies before it removes.
      expect((await server.flags('Done')).size).toBeGreaterThanOrEqual(3);
      for (const { intake } of [bench, other]) expect(new Set(intake.uids).size).toBe(intake.uids.length);
      expect(new Set([...bench.intake.uids, ...other.intake.uids])).toEqual(new Set([1, 2, 3]));
    } finally {
      await other.stopAll();
    }
  });
});

describeWith(['dovecot'], 'a TLS alert', () => {
  let server: Dovecot;
  let proxy: TcpProxy;
  let bench: Bench;

  beforeEach(async () => {
    server = await startDovecot();
    proxy = await startProxy(server.tlsPort);
    bench = new Bench();
  });

  afterEach(async () => {
    await bench.stopAll();
    await proxy.stop();
    await server.stop();
  });

  const run = (): void => {
    const tls = { tls: 'tls', port: proxy.port, ca_file: server.caFile } as const;
    bench.run(imapSource(mailboxAt(server, { ...tls, idle: false }), bench.deps()));
  };

  test('in the place of the handshake is a failure of TLS, and the next poll reads every mail once', async () => {
    await server.deliver(mails(3));
    proxy.alertAfter(0);
    run();
    expect(await bench.failed(1)).toMatchObject({ reason: 'tls' });
    proxy.pass();
    await bench.clock.slept(1);
    bench.clock.wake();
    await bench.polled(1);
    expect(bench.intake.uids).toEqual([1, 2, 3]);
  });

  test('in mid-session fails the poll and stores nothing, and the next poll reads every mail once', async () => {
    run();
    expect(await bench.polled(1)).toMatchObject({ mails: 0 });
    await server.deliver(mails(3, 'x'.repeat(50_000)));
    // An empty session has so many bytes: these are in the mails.
    proxy.alertAfter(proxy.received + 40_000);
    proxy.drop();
    bench.clock.wake();
    await bench.failed(1);
    expect(bench.intake.mails).toEqual([]);
    proxy.pass();
    await bench.clock.slept(2);
    bench.clock.wake();
    await bench.polled(2);
    expect(bench.intake.uids).toEqual([1, 2, 3]);
  });
});
