import { readdir, readFile, stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../src/config/limits.js';
import { AccessTokens } from '../../src/source/oauth/access-tokens.js';
import type { OauthConfig } from '../../src/config/oauth-settings.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { granted, refused, startTokenServer } from '../support/token-server.js';
import type { TokenServer } from '../support/token-server.js';
import { oauthAt, StillClock } from './oauth-harness.js';

let server: TokenServer;
let files: TempFiles;
let clock: StillClock;
let tokenFile: string;
const { signal } = new AbortController();
const minutes = 60_000;

beforeEach(async () => {
  server = await startTokenServer();
  files = await tempFiles();
  clock = new StillClock();
  tokenFile = files.write('refresh-token', 'refresh-0\n');
});

afterEach(async () => {
  await server.stop();
  await files.remove();
});

function tokensOf(settings: Partial<OauthConfig> = {}, timeoutMs = 5_000, tokenBytes: number = limits.tokenBytes) {
  const oauth = oauthAt(server, tokenFile, settings);
  return new AccessTokens({ name: 'reports', user: 'dmarc@example.org' }, oauth, {
    clock,
    timeoutMs,
    limits: { tokenBytes },
  });
}

async function tokenOf(tokens: AccessTokens): Promise<string> {
  return (await tokens.get(signal)).token;
}

describe('an access token', () => {
  test('is asked for by the refresh token, with the secret of the application', async () => {
    expect(await tokensOf().get(signal)).toEqual({ token: 'access-1', isNew: true });
    expect(server.asked).toEqual([
      {
        grant_type: 'refresh_token',
        refresh_token: 'refresh-0',
        client_id: 'ruawatch',
        client_secret: 'the-client-secret',
      },
    ]);
  });

  test('is asked for by the application itself, with its scope', async () => {
    await tokensOf({ grant: 'client_credentials', scope: 'imap' }).get(signal);
    expect(server.asked).toEqual([
      { grant_type: 'client_credentials', scope: 'imap', client_id: 'ruawatch', client_secret: 'the-client-secret' },
    ]);
  });

  test('names its scope on a refresh at Microsoft', async () => {
    await tokensOf({ provider: 'microsoft', scope: 'a b' }).get(signal);
    expect(server.asked[0]).toMatchObject({ grant_type: 'refresh_token', scope: 'a b' });
  });

  test('is kept in memory until five minutes before its end, to the millisecond', async () => {
    const tokens = tokensOf();
    await tokens.get(signal);
    clock.ms += 55 * minutes - 1;
    expect(await tokens.get(signal)).toEqual({ token: 'access-1', isNew: false });
    clock.ms += 1;
    expect(await tokens.get(signal)).toEqual({ token: 'access-2', isNew: true });
  });

  test('of a short life is replaced at four fifths of it', async () => {
    server.answer = () => granted(`access-${server.asked.length}`, { expires_in: 100 });
    const tokens = tokensOf();
    await tokens.get(signal);
    clock.ms += 79_999;
    expect(await tokenOf(tokens)).toBe('access-1');
    clock.ms += 1;
    expect(await tokenOf(tokens)).toBe('access-2');
  });

  test.each([
    ['as text', '3600', 55],
    ['not at all: ten minutes are assumed', undefined, 8],
    ['as nonsense: ten minutes are assumed', -1, 8],
    ['as a century: a day is believed', 3_155_760_000, 24 * 60 - 5],
  ])('whose lifetime is given %s is replaced in time', async (_title, expires, keptMinutes) => {
    server.answer = () => granted(`access-${server.asked.length}`, { expires_in: expires });
    const tokens = tokensOf();
    await tokens.get(signal);
    clock.ms += keptMinutes * minutes - 1;
    expect(await tokenOf(tokens)).toBe('access-1');
    clock.ms += 1;
    expect(await tokenOf(tokens)).toBe('access-2');
  });

  test('that was refused is not given out again', async () => {
    const tokens = tokensOf();
    tokens.refused(await tokenOf(tokens));
    expect(await tokens.get(signal)).toEqual({ token: 'access-2', isNew: true });
  });

  test('that was refused late does not cost its successor', async () => {
    const tokens = tokensOf();
    await tokens.get(signal);
    clock.ms += 56 * minutes;
    await tokens.get(signal);
    tokens.refused('access-1');
    expect(await tokenOf(tokens)).toBe('access-2');
  });

  test('is asked for once by many at the same time', async () => {
    const tokens = tokensOf();
    expect(await Promise.all([tokenOf(tokens), tokenOf(tokens), tokenOf(tokens)])).toEqual([
      'access-1',
      'access-1',
      'access-1',
    ]);
    expect(server.asked).toHaveLength(1);
  });

  test('that is still good bridges a token server that fails, and no longer', async () => {
    const tokens = tokensOf();
    await tokens.get(signal);
    server.answer = () => refused('server_error', 'busy', 503);
    clock.ms += 60 * minutes - 1;
    expect(await tokens.get(signal)).toEqual({ token: 'access-1', isNew: false });
    clock.ms += 1;
    await expect(tokens.get(signal)).rejects.toMatchObject({ reason: 'connect' });
  });
});

describe('a refresh token that the provider replaces', () => {
  beforeEach(() => {
    server.answer = ({ refresh_token }) => {
      const at = server.asked.length;
      if (refresh_token !== `refresh-${at - 1}`) return refused('invalid_grant', 'used up');
      return granted(`access-${at}`, { refresh_token: `refresh-${at}` });
    };
  });

  test('is kept in its file, for its owner only, and nothing else is left there', async () => {
    await tokensOf().get(signal);
    expect(await readFile(tokenFile, 'utf8')).toBe('refresh-1\n');
    expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);
    expect(await readdir(files.path)).toEqual(['refresh-token']);
  });

  test('outlives a restart', async () => {
    await tokensOf().get(signal);
    expect(await tokenOf(tokensOf())).toBe('access-2');
    expect(server.asked[1]).toMatchObject({ refresh_token: 'refresh-1' });
  });

  test('that another process has used up and replaced is taken from the file', async () => {
    server.answer = ({ refresh_token }) => {
      if (refresh_token === 'refresh-other') return granted('access-other');
      files.write('refresh-token', 'refresh-other\n');
      return refused('invalid_grant', 'used up');
    };
    expect(await tokenOf(tokensOf())).toBe('access-other');
  });

  test('that cannot be written is said, and used from memory until somebody logs in again', async () => {
    // So long that the draft beside it has no room in a folder, whoever we are.
    const name = 'r'.repeat(250);
    tokenFile = files.write(name, 'refresh-0\n');
    const tokens = tokensOf();
    const unwritten = {
      reason: 'other',
      message: `mailbox reports: the refresh token cannot be written to ${tokenFile}: ENAMETOOLONG`,
    };
    await expect(tokens.get(signal)).rejects.toMatchObject(unwritten);
    expect(await tokens.get(signal)).toEqual({ token: 'access-1', isNew: false });
    tokens.refused('access-1');
    await expect(tokens.get(signal)).rejects.toMatchObject(unwritten);
    expect(server.asked[1]).toMatchObject({ refresh_token: 'refresh-1' });
    files.write(name, 'refresh-2-by-hand\n');
    tokens.refused('access-2');
    await expect(tokens.get(signal)).rejects.toMatchObject({ reason: 'auth' });
    expect(server.asked[2]).toMatchObject({ refresh_token: 'refresh-2-by-hand' });
  });
});

describe('the file of the refresh token', () => {
  test('that is missing asks for a login', async () => {
    tokenFile = files.at('nobody');
    await expect(tokensOf().get(signal)).rejects.toMatchObject({
      reason: 'auth',
      message: `mailbox reports: nobody has logged in yet: there is no ${tokenFile}`,
      hint: "log in: ruawatch login 'reports'",
    });
  });

  test.each([
    ['is empty', '\n'],
    ['holds several lines', 'refresh-0\nrefresh-1\n'],
    ['holds a page', '<html>'.repeat(3) + ' no'],
  ])('that %s is no token', async (_title, content) => {
    files.write('refresh-token', content);
    const failure = { reason: 'auth', message: `mailbox reports: ${tokenFile} holds no refresh token` };
    await expect(tokensOf().get(signal)).rejects.toMatchObject(failure);
    expect(server.asked).toEqual([]);
  });

  test('is read to its bound and not past it', async () => {
    files.write('refresh-token', 'r'.repeat(200));
    await tokensOf({}, 5_000, 200).get(signal);
    files.write('refresh-token', 'r'.repeat(201));
    await expect(tokensOf({}, 5_000, 200).get(signal)).rejects.toMatchObject({
      message: `mailbox reports: ${tokenFile} holds no refresh token`,
    });
  });
});

describe('a token endpoint', () => {
  /** An answer of exactly so many bytes. */
  const ofBytes = (bytes: number): string => {
    const text = JSON.stringify({ access_token: 'access', pad: '' });
    return text.replace('""', `"${'x'.repeat(bytes - text.length)}"`);
  };

  test('is read to the bound and not past it', async () => {
    server.answer = () => ({ body: ofBytes(300) });
    expect(await tokenOf(tokensOf({}, 5_000, 300))).toBe('access');
    server.answer = () => ({ body: ofBytes(301) });
    await expect(tokensOf({}, 5_000, 300).get(signal)).rejects.toMatchObject({ reason: 'protocol' });
  });

  test('that never stops talking is cut off', async () => {
    let sent = 0;
    let ended = false;
    server.answer = () => (_request, response) => {
      response.on('close', () => (ended = true));
      const more = (): void => {
        sent += 16_384;
        if (!ended) response.write('x'.repeat(16_384), () => setImmediate(more));
      };
      more();
    };
    await expect(tokensOf().get(signal)).rejects.toMatchObject({ reason: 'protocol' });
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  test('that answers with a page names its type and the setting', async () => {
    server.answer = () => ({ type: 'text/html', body: '<html>Welcome to the hotel</html>' });
    const { host } = new URL(server.tokenUrl);
    await expect(tokensOf().get(signal)).rejects.toMatchObject({
      reason: 'protocol',
      message: `mailbox reports: ${host} gave no access token: it answered 200 with something that is no JSON of a token endpoint (text/html)`,
      hint: 'check token_url in oauth of the mailbox, and that no proxy answers in its place',
    });
  });

  test('that answers 503 with a page is tried again soon', async () => {
    server.answer = () => ({ status: 503, type: 'text/html', body: '<html>back soon</html>' });
    await expect(tokensOf().get(signal)).rejects.toMatchObject({ reason: 'connect' });
  });

  test.each([
    ['a list', '[]'],
    ['no token', '{"token_type":"Bearer"}'],
    ['an empty token', '{"access_token":""}'],
    ['a token with a line end, which would end the command', '{"access_token":"a\\r\\nb"}'],
    ['a token that is no text', '{"access_token":7}'],
  ])('that answers with %s gives no token', async (_title, body) => {
    server.answer = () => ({ body });
    await expect(tokensOf().get(signal)).rejects.toMatchObject({ reason: 'protocol' });
  });

  test('that is silent is given up', async () => {
    server.answer = () => () => undefined;
    const { host } = new URL(server.tokenUrl);
    await expect(tokensOf({}, 50).get(signal)).rejects.toMatchObject({
      reason: 'timeout',
      message: `mailbox reports: ${host} gave no access token in time`,
    });
  });

  test('that stops in the middle of its answer is given up', async () => {
    server.answer = () => (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"access_token":');
    };
    await expect(tokensOf({}, 50).get(signal)).rejects.toMatchObject({ reason: 'timeout' });
  });

  test('that is down is named', async () => {
    const tokens = tokensOf();
    await server.stop();
    const { host } = new URL(server.tokenUrl);
    await expect(tokens.get(signal)).rejects.toMatchObject({
      reason: 'connect',
      message: `mailbox reports: ${host} cannot be reached for an access token: ECONNREFUSED`,
    });
  });

  test('that sends us elsewhere is not followed: the form holds secrets', async () => {
    const other = await startTokenServer();
    server.answer = () => (_request, response) => {
      response.writeHead(307, { location: other.tokenUrl });
      response.end();
    };
    await expect(tokensOf().get(signal)).rejects.toMatchObject({ reason: 'protocol' });
    expect(other.asked).toEqual([]);
    await other.stop();
  });

  test('is left at once when the service stops', async () => {
    server.answer = () => () => undefined;
    const stop = new AbortController();
    const token = tokensOf({}, 600_000).get(stop.signal);
    stop.abort();
    await expect(token).rejects.toMatchObject({ name: 'PollFailure' });
  });
});
