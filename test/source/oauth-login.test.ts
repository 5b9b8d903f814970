import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MailboxConfig } from '../../src/config/config.js';
import type { OauthConfig } from '../../src/config/oauth-settings.js';
import { logInByHand } from '../../src/source/source.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { granted, refused, startTokenServer } from '../support/token-server.js';
import type { TokenAnswer, TokenServer } from '../support/token-server.js';
import { oauthAt, StillClock } from './oauth-harness.js';

let server: TokenServer;
let files: TempFiles;
let clock: StillClock;
let said: string[];
let typed: () => string;

beforeEach(async () => {
  server = await startTokenServer();
  files = await tempFiles();
  clock = new StillClock();
  said = [];
  typed = () => '';
});

afterEach(async () => {
  await server.stop();
  await files.remove();
});

function logIn(settings: Partial<OauthConfig>, signal = new AbortController().signal): Promise<string> {
  const oauth = oauthAt(server, files.at('data/refresh-token'), settings);
  const mailbox = { name: 'reports', user: 'dmarc@example.org', oauth } as MailboxConfig;
  const dialog = { say: (line: string) => void said.push(line), ask: async () => typed() };
  return logInByHand(mailbox, dialog, { clock, signal, timeoutMs: 5_000 });
}

const saved = (): Promise<string> => readFile(files.at('data/refresh-token'), 'utf8');

describe('a login by a code on another device', () => {
  const code = {
    device_code: 'the-device-code',
    user_code: 'ABCD-EFGH',
    verification_uri: 'https://login.example.net/device',
    expires_in: 900,
    interval: 5,
  };
  const byDevice = (settings: Partial<OauthConfig> = {}, signal?: AbortSignal): Promise<string> =>
    logIn({ device_url: server.deviceUrl, scope: 'imap offline_access', ...settings }, signal);
  const good = granted('access', { refresh_token: 'refresh-1' });

  /** Answers of the token endpoint, one after the other; the last one for ever. */
  const answers = (...list: readonly TokenAnswer[]): void => {
    server.answer = () => list[Math.min(server.asked.length, list.length) - 1] ?? good;
  };

  beforeEach(() => {
    server.device = () => ({ body: code });
  });

  test('shows where to go and what to type, asks until it is done, and keeps the refresh token', async () => {
    answers(refused('authorization_pending'), refused('authorization_pending'), good);
    expect(await byDevice()).toBe(files.at('data/refresh-token'));
    expect(said).toEqual([
      'Open https://login.example.net/device in any browser and type the code ABCD-EFGH',
      'Log in there as dmarc@example.org. The code is good for 15 minutes. Waiting ...',
    ]);
    expect(server.askedForCode).toEqual([
      { scope: 'imap offline_access', client_id: 'ruawatch', client_secret: 'the-client-secret' },
    ]);
    expect(server.asked[0]).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: 'the-device-code',
      client_id: 'ruawatch',
      client_secret: 'the-client-secret',
    });
    expect(clock.sleeps).toEqual([5_000, 5_000, 5_000]);
    expect(await saved()).toBe('refresh-1\n');
  });

  test('slows down when it is told to, by five seconds each time', async () => {
    answers(refused('slow_down'), refused('slow_down'), good);
    await byDevice();
    expect(clock.sleeps).toEqual([5_000, 10_000, 15_000]);
  });

  test('waits longer for a provider that fails for a moment', async () => {
    answers(refused('', '', 503), { status: 502, type: 'text/html', body: '<html>' }, good);
    await byDevice();
    expect(clock.sleeps).toEqual([5_000, 10_000, 20_000]);
  });

  test('waits a minute at most, whatever interval the provider wants', async () => {
    server.device = () => ({ body: { ...code, interval: 86_400 } });
    await byDevice().catch(() => undefined);
    expect(clock.sleeps).toEqual([60_000]);
  });

  test.each([
    ['the provider says so', refused('expired_token')],
    ['its time is over', refused('authorization_pending')],
  ])('ends when %s', async (_title, answer) => {
    answers(answer);
    await expect(byDevice()).rejects.toMatchObject({
      message: 'nobody logged in before the code ended',
      hint: "start again: ruawatch login 'reports'",
    });
  });

  test('asks for the whole life of the code and not longer', async () => {
    answers(refused('authorization_pending'));
    server.device = () => ({ body: { ...code, expires_in: 20 } });
    await byDevice().catch(() => undefined);
    expect(server.asked).toHaveLength(3);
  });

  test.each([
    ['access_denied', 'the login was refused'],
    ['authorization_declined', 'docs/oauth.md'],
    ['invalid_client', 'client_id'],
  ])('that ends in %s says what to do', async (error, words) => {
    answers(refused(error));
    await expect(byDevice()).rejects.toMatchObject({ hint: expect.stringContaining(words) as string });
  });

  test('that brings no refresh token is told, and leaves no file', async () => {
    answers(granted('access'));
    await expect(byDevice()).rejects.toMatchObject({ hint: expect.stringContaining('offline_access') as string });
    await expect(saved()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test.each([
    ['nothing', {}],
    ['an address that is no web page', { ...code, verification_uri: 'javascript:alert(1)' }],
  ])('that is answered with %s is given up', async (_title, body) => {
    server.device = () => ({ body });
    await expect(byDevice()).rejects.toMatchObject({ reason: 'protocol' });
  });

  test('shows no control characters of the provider on the terminal', async () => {
    server.device = () => ({ body: { ...code, user_code: 'A\u001b[2J' } });
    answers(good);
    await byDevice();
    expect(said.join('')).not.toContain('\u001b');
  });

  test('is broken off by a signal', async () => {
    await expect(byDevice({}, AbortSignal.abort())).rejects.toThrow();
    await expect(saved()).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a login at Google, by the browser', () => {
  const byBrowser = (): Promise<string> => logIn({ provider: 'google', scope: 'https://mail.google.com/' });
  const shown = (): URL => new URL(said[1] ?? '');

  test('sends the person to Google and trades the code of the pasted address for a refresh token', async () => {
    server.answer = () => granted('access', { refresh_token: 'refresh-1' });
    typed = () => `http://127.0.0.1:53682/?state=${shown().searchParams.get('state') ?? ''}&code=4%2Fthe-code&scope=x`;
    await byBrowser();
    expect(shown().origin + shown().pathname).toBe('https://accounts.google.com/o/oauth2/v2/auth');
    const query = Object.fromEntries(shown().searchParams);
    expect(query).toMatchObject({
      response_type: 'code',
      client_id: 'ruawatch',
      redirect_uri: 'http://127.0.0.1:53682/',
      scope: 'https://mail.google.com/',
      code_challenge_method: 'S256',
      access_type: 'offline',
      prompt: 'consent',
      login_hint: 'dmarc@example.org',
    });
    const { code_verifier = '', ...form } = server.asked[0] ?? {};
    expect(form).toEqual({
      grant_type: 'authorization_code',
      code: '4/the-code',
      redirect_uri: 'http://127.0.0.1:53682/',
      client_id: 'ruawatch',
      client_secret: 'the-client-secret',
    });
    expect(query['code_challenge']).toBe(createHash('sha256').update(code_verifier).digest('base64url'));
    expect(await saved()).toBe('refresh-1\n');
  });

  test.each([
    ['nothing', () => '', 'this is not the address of a page'],
    ['the address of another login', () => 'http://127.0.0.1:53682/?state=x&code=c', 'does not belong to this login'],
    [
      'a refusal',
      () => `http://127.0.0.1:53682/?state=${shown().searchParams.get('state') ?? ''}&error=access_denied`,
      'there is no code in this address: the login was refused',
    ],
  ])('that is given %s asks nothing of the provider', async (_title, paste, words) => {
    typed = paste;
    await expect(byBrowser()).rejects.toThrow(words);
    expect(server.asked).toEqual([]);
  });
});

describe('a mailbox without a login by hand', () => {
  test.each([
    ['logs in by itself', { grant: 'client_credentials' } as const, 'needs no login by hand'],
    ['has no address for it', {}, 'there is no address to log in at'],
  ])('that %s is told so', async (_title, settings, words) => {
    await expect(logIn(settings)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(words) as string,
    });
  });
});
