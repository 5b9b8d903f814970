import { chmod, readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Dovecot } from '../support/dovecot.js';
import { startDovecot } from '../support/dovecot.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { runRuawatch, startRuawatch, until } from '../support/ruawatch.js';
import type { Env, Finished } from '../support/ruawatch.js';
import { describeWith } from '../support/servers.js';
import { dovecotOauth, dovecotPassdb, granted, startTokenServer } from '../support/token-server.js';
import type { TokenServer } from '../support/token-server.js';
import { mails } from './harness.js';

/** Every secret of this test has this word in it, so that one look finds them all. */
const word = 'pLanTeD';

describeWith(['dovecot'], 'the program with OAuth2', () => {
  let tokens: TokenServer;
  let server: Dovecot;
  let files: TempFiles;
  let env: Env;

  beforeEach(async () => {
    tokens = await startTokenServer();
    files = await tempFiles();
    await chmod(files.path, 0o755);
    const passdb = files.write('oauth2.conf', dovecotOauth(tokens.introspectionUrl));
    server = await startDovecot({ tls: false, extraConfig: dovecotPassdb(passdb, 'xoauth2') });
    await server.deliver(mails(2));
    tokens.answer = () => {
      const token = `access-${word}-${tokens.asked.length}`;
      tokens.good.add(token);
      return granted(token, { refresh_token: `refresh-${word}-${tokens.asked.length}` });
    };
    tokens.device = () => ({
      body: {
        device_code: `device-${word}`,
        user_code: 'ABCD',
        verification_uri: 'https://login.example.net',
        interval: 1,
      },
    });
    env = {
      RUAWATCH_DB: files.at('data/ruawatch.db'),
      RUAWATCH_IMAP_HOST: server.host,
      RUAWATCH_IMAP_PORT: String(server.port),
      RUAWATCH_IMAP_TLS: 'none',
      RUAWATCH_IMAP_USER: server.user,
      RUAWATCH_IMAP_POLL_SECONDS: '1',
      RUAWATCH_IMAP_OAUTH_PROVIDER: 'generic',
      RUAWATCH_IMAP_OAUTH_CLIENT_ID: 'ruawatch',
      RUAWATCH_IMAP_OAUTH_CLIENT_SECRET_FILE: files.write('secret', `secret-${word}\n`),
      RUAWATCH_IMAP_OAUTH_TOKEN_URL: tokens.tokenUrl,
      RUAWATCH_IMAP_OAUTH_DEVICE_URL: tokens.deviceUrl,
      RUAWATCH_LOG_LEVEL: 'debug',
    };
  });

  afterEach(async () => {
    await server.stop();
    await tokens.stop();
    await files.remove();
  });

  const run = async (...args: readonly string[]): Promise<Finished> => {
    const finished = await runRuawatch(args, { env, cwd: files.path });
    expect(finished.stdout + finished.stderr).not.toContain(word);
    return finished;
  };

  /** A provider that repeats all it was sent, raw and as a form. */
  const echoing = (): void => {
    tokens.answer = (form) => ({
      status: 400,
      body: { error: 'invalid_grant', error_description: `got ${Object.values(form).join(' ')} ${'x'.repeat(150)}` },
    });
  };

  test('says what to do, logs in, checks, and reads the mails, and never tells a secret', async () => {
    const before = await run('check');
    expect(before.stdout).toContain(`log in: ruawatch login 'dmarc@${server.host}'`);
    expect(before.code).toBe(1);

    const login = await run('login');
    expect(login.stdout).toContain('Open https://login.example.net in any browser and type the code ABCD');
    expect(login.code).toBe(0);
    const path = files.at(`data/refresh-token-dmarc%40${server.host}`);
    expect(await readFile(path, 'utf8')).toBe(`refresh-${word}-1\n`);

    expect(await run('check', '--json')).toMatchObject({ code: 0 });
    expect((await run('check')).stdout).toContain('INBOX holds 2');
    expect(await readFile(path, 'utf8')).toBe(`refresh-${word}-3\n`);

    echoing();
    const refused = await run('check');
    expect(refused.stdout).toContain('invalid_grant');
    expect(refused.stdout).toContain('ruawatch login');
    expect(refused.code).toBe(1);
  });

  test('the service tells no secret in log, metrics and API, whatever fails', async () => {
    await run('login');
    const service = await startRuawatch(env);
    const told = async (): Promise<string> => {
      const paths = ['/metrics', '/readyz', '/api/v1/mails', '/api/v1/mailboxes', '/'];
      const pages = await Promise.all(paths.map(async (path) => (await fetch(service.base + path)).text()));
      return pages.join('\n') + service.log();
    };
    try {
      await until(async () => (await told()).includes('"outcome":"not-a-report"'));
      tokens.good.clear();
      echoing();
      await server.kick();
      await until(async () => (await told()).includes('invalid_grant'));
      expect(await told()).not.toContain(word);
    } finally {
      await service.stop();
    }
    expect(service.log()).not.toContain(word);
    expect(service.log()).toContain('invalid_grant');
  });
});
