import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import type { MailboxConfig } from '../../src/config/config.js';
import { imapSource } from '../../src/source/imap.js';
import { imapTimeouts } from '../../src/source/imap-session.js';
import type { Source } from '../../src/source/source.js';
import type { Dovecot } from '../support/dovecot.js';
import { startDovecot } from '../support/dovecot.js';
import { describeWith } from '../support/servers.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { startProxy } from '../support/tcp-proxy.js';
import { Bench, mail, mailboxAt, mails, subjectOf } from './harness.js';

describeWith(['dovecot'], 'an IMAP mailbox between two polls', () => {
  let server: Dovecot;
  let proxy: TcpProxy;
  let bench: Bench;

  const start = async (capability?: string): Promise<void> => {
    server = await startDovecot(capability === undefined ? { tls: false } : { tls: false, capability });
    proxy = await startProxy(server.port);
  };

  /** Polls are five minutes apart: a second one within the test was woken. */
  const idling = (settings: Partial<MailboxConfig> = {}, timeouts = imapTimeouts): Source => {
    const mailbox = mailboxAt(server, { port: proxy.port, idle: true, ...settings });
    return imapSource(mailbox, { ...bench.deps(), clock: systemClock }, timeouts);
  };

  const idles = async (times: number): Promise<void> => {
    while (proxy.sent.split(' IDLE\r\n').length - 1 < times) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(async () => {
    await bench.stopAll();
    await proxy.stop();
    await server.stop();
  });

  test('a mail that comes wakes the next poll, over the connection that is open', async () => {
    await start();
    await server.deliver([mail('first')]);
    bench.run(idling());
    await bench.polled(1);
    await idles(1);
    await server.deliver([mail('second')]);
    expect(await bench.polled(2)).toMatchObject({ mails: 1 });
    await idles(2);
    await server.deliver([mail('third')]);
    expect(await bench.polled(3)).toMatchObject({ mails: 1 });
    expect(bench.intake.mails.map(subjectOf)).toEqual(['first', 'second', 'third']);
    expect(proxy.connections).toBe(1);
  });

  test('a mail that comes while a poll is busy is not slept over', async () => {
    await start();
    await server.deliver([mail('first')]);
    let late = true;
    bench.intake.during = async () => {
      if (late) await server.deliver([mail('late')]);
      late = false;
    };
    bench.run(idling());
    await bench.polled(1);
    expect(await bench.polled(2)).toMatchObject({ mails: 1 });
  });

  test('a mail that is deleted or marked wakes nothing, and what was woken changes no mail', async () => {
    await start();
    await server.deliver(mails(2));
    bench.run(idling());
    await bench.polled(1);
    await idles(1);
    await server.doveadm('expunge', '-u', server.user, 'mailbox', 'INBOX', 'uid', '1');
    await server.doveadm('flags', 'add', '-u', server.user, '\\Flagged', 'mailbox', 'INBOX', 'uid', '2');
    await server.deliver([mail('third')]);
    expect(await bench.polled(2)).toMatchObject({ mails: 1 });
    expect(await server.flags()).toEqual(
      new Map([
        [2, ['\\Flagged']],
        [3, []],
      ]),
    );
  });

  test('the first folder is watched, and every folder is polled when it wakes', async () => {
    await start();
    await server.deliver([mail('here')]);
    await server.deliver([mail('there')], 'Other');
    bench.run(idling({ folders: ['INBOX', 'Other'] }));
    await bench.polled(1);
    await idles(1);
    await server.deliver([mail('there too')], 'Other');
    await server.deliver([mail('here too')]);
    expect(await bench.polled(2)).toMatchObject({ mails: 2 });
  });

  test('an IDLE that gets old is ended, asked for a sign of life and begun again', async () => {
    await start();
    bench.run(idling({}, { ...imapTimeouts, silence: 500 }));
    await idles(2);
    expect(proxy.sent).toContain(' NOOP\r\n');
    await server.deliver([mail('after silence')]);
    expect(await bench.polled(2)).toMatchObject({ mails: 1 });
  });

  test('a connection that is dead while it idles is found, given up and replaced, and no poll fails', async () => {
    await start();
    bench.run(idling({}, { ...imapTimeouts, silence: 500 }));
    await idles(1);
    proxy.swallow();
    await proxy.closed(1);
    proxy.pass();
    await server.deliver([mail('meanwhile')]);
    expect(await bench.polled(2)).toMatchObject({ mails: 1 });
    expect(bench.heard.count('pollFailed')).toBe(0);
    expect(proxy.connections).toBe(2);
  });

  test('a server that does not even answer the IDLE is given up', async () => {
    await start();
    proxy.spoilAt(/ IDLE/, 'stall');
    bench.run(idling({}, { ...imapTimeouts, silence: 500 }));
    await proxy.closed(1);
    proxy.pass();
    await server.deliver([mail('meanwhile')]);
    expect(await bench.polled(2)).toMatchObject({ mails: 1 });
    expect(bench.heard.count('pollFailed')).toBe(0);
  });

  test('an IDLE that the server ends with the connection leads to a poll over another', async () => {
    await start();
    bench.run(idling());
    await idles(1);
    proxy.drop();
    await server.deliver([mail('meanwhile')]);
    expect(await bench.polled(2)).toMatchObject({ mails: 1 });
    expect(bench.heard.count('pollFailed')).toBe(0);
  });

  test('a server without IDLE, and a mailbox that wants none, wait for the next poll', async () => {
    await start('IMAP4rev1 LITERAL+ UIDPLUS');
    bench.run(idling());
    bench.run(imapSource(mailboxAt(server, { name: 'two', port: proxy.port }), bench.deps()));
    await bench.polled(2);
    await bench.clock.slept(1);
    await server.deliver([mail('later')]);
    bench.clock.wake();
    expect(await bench.polled(3)).toMatchObject({ mails: 1 });
    expect(proxy.sent).not.toContain(' IDLE\r\n');
  });

  test('a stop ends an IDLE at once', async () => {
    await start();
    const running = bench.run(idling());
    await idles(1);
    await running.stop();
    expect(bench.heard.count('pollFailed')).toBe(0);
  });
});
