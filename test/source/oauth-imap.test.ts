import { chmod } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MailboxConfig } from '../../src/config/config.js';
import type { OauthConfig } from '../../src/config/oauth-settings.js';
import { imapSource } from '../../src/source/imap.js';
import type { Dovecot } from '../support/dovecot.js';
import { startDovecot } from '../support/dovecot.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { describeWith } from '../support/servers.js';
import { dovecotOauth, dovecotPassdb, granted, refused, startTokenServer } from '../support/token-server.js';
import type { TokenServer } from '../support/token-server.js';
import { Bench, mailboxAt, mails } from './harness.js';
import { oauthAt } from './oauth-harness.js';

describeWith(['dovecot'], 'a mailbox that is opened by OAuth2', () => {
  let tokens: TokenServer;
  let server: Dovecot;
  let files: TempFiles;
  let bench: Bench;

  beforeEach(async () => {
    bench = new Bench();
    tokens = await startTokenServer();
    files = await tempFiles();
    files.write('refresh-token', 'refresh-0\n');
  });

  afterEach(async () => {
    await bench.stopAll();
    await server.stop();
    await tokens.stop();
    await files.remove();
  });

  const startServer = async (mechanisms: string): Promise<void> => {
    const passdb = files.write('oauth2.conf', dovecotOauth(tokens.introspectionUrl));
    await chmod(files.path, 0o755);
    server = await startDovecot({ tls: false, extraConfig: dovecotPassdb(passdb, mechanisms) });
    await server.deliver(mails(1));
  };

  const mailbox = (oauth: Partial<OauthConfig> = {}, settings: Partial<MailboxConfig> = {}): MailboxConfig => {
    const token = oauthAt(tokens, files.at('refresh-token'), oauth);
    return mailboxAt(server, { password: null, oauth: token, ...settings });
  };

  test.each(['xoauth2', 'oauthbearer', 'xoauth2 oauthbearer'])('%s lets the mails be read', async (mechanisms) => {
    await startServer(mechanisms);
    bench.run(imapSource(mailbox(), bench.deps()));
    expect(await bench.polled(1)).toMatchObject({ mails: 1 });
    expect(new Set(tokens.introspected)).toEqual(new Set(['access-1']));
  });

  test('one token serves one poll after the other', async () => {
    await startServer('xoauth2');
    bench.run(imapSource(mailbox(), bench.deps()));
    await bench.polled(1);
    bench.clock.wake();
    await bench.polled(2);
    expect(tokens.asked).toHaveLength(1);
  });

  test('a token in memory that the mail server refuses is replaced within the same poll', async () => {
    await startServer('xoauth2');
    bench.run(imapSource(mailbox(), bench.deps()));
    await bench.polled(1);
    tokens.good.delete('access-1');
    await server.deliver(mails(1));
    bench.clock.wake();
    expect(await bench.polled(2)).toMatchObject({ mails: 1 });
    expect(tokens.asked).toHaveLength(2);
  });

  test('a replacement that is refused as well ends the poll, and the next one asks for one token more', async () => {
    await startServer('xoauth2');
    bench.run(imapSource(mailbox(), bench.deps()));
    await bench.polled(1);
    tokens.good.clear();
    tokens.answer = () => granted(`bad-${tokens.asked.length}`);
    bench.clock.wake();
    expect(await bench.failed(1)).toMatchObject({
      reason: 'auth',
      message: `mailbox reports: ${server.host}:${server.port} refused the OAuth2 login of dmarc: Authentication failed.`,
      hint: expect.stringContaining('docs/oauth.md') as string,
    });
    expect(tokens.asked).toHaveLength(2);
    bench.clock.wake();
    await bench.failed(2);
    expect(tokens.asked).toHaveLength(3);
  });

  test('a token that was made for this login is not asked for twice when it is refused', async () => {
    await startServer('xoauth2');
    tokens.answer = () => granted('bad');
    bench.run(imapSource(mailbox(), bench.deps()));
    await bench.failed(1);
    expect(tokens.asked).toHaveLength(1);
    expect(new Set(tokens.introspected)).toEqual(new Set(['bad']));
  });

  test('a token server that is down fails the poll, and the mails come when it is back', async () => {
    await startServer('xoauth2');
    const usual = tokens.answer;
    tokens.answer = () => refused('temporarily_unavailable', '', 503);
    bench.run(imapSource(mailbox(), bench.deps()));
    expect(await bench.failed(1)).toMatchObject({ reason: 'connect' });
    tokens.answer = usual;
    bench.clock.wake();
    expect(await bench.polled(1)).toMatchObject({ mails: 1 });
  });

  test('a mail server that knows no OAuth2 is named', async () => {
    server = await startDovecot({ tls: false });
    bench.run(imapSource(mailbox(), bench.deps()));
    expect(await bench.failed(1)).toMatchObject({
      reason: 'auth',
      message: `mailbox reports: ${server.host}:${server.port} offers no login by OAuth2 (XOAUTH2 or OAUTHBEARER)`,
    });
  });

  test('a probe logs in the same way', async () => {
    await startServer('oauthbearer');
    const source = imapSource(mailbox({ grant: 'client_credentials' }), bench.deps());
    expect(await source.probe(new AbortController().signal)).toEqual([{ folder: 'INBOX', messages: 1 }]);
  });

  test('a mailbox with a password asks for no token', async () => {
    await startServer('xoauth2');
    bench.run(imapSource(mailboxAt(server), bench.deps()));
    expect(await bench.polled(1)).toMatchObject({ mails: 1 });
    expect(tokens.asked).toEqual([]);
  });
});
