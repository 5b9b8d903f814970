import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import type { ChannelConfig } from '../../src/config/config.js';
import { email } from '../../src/notify/channels/email.js';
import { sendTest } from '../../src/notify/notify.js';
import { makeCertificates } from '../support/certificates.js';
import { channelOf } from './samples.js';

let folder: string;
let otherFolder: string;
let server: SMTPServer | undefined;
/** What the server saw: a password, or the bytes of a mail. */
const seen = { passwords: [] as string[], secure: [] as boolean[], mails: 0 };
const signal = new AbortController().signal;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ruawatch-smtp-'));
  otherFolder = mkdtempSync(join(tmpdir(), 'ruawatch-smtp-'));
  makeCertificates(folder, 'DNS:localhost');
  makeCertificates(otherFolder, 'DNS:localhost');
});

afterEach(async () => {
  await new Promise<void>((resolve) => (server === undefined ? resolve() : void server.close(resolve)));
  server = undefined;
});

afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(otherFolder, { recursive: true });
});

/** Starts a mail server that wants a login; resolves with its port. */
async function open(secure: boolean): Promise<number> {
  Object.assign(seen, { passwords: [], secure: [], mails: 0 });
  server = new SMTPServer({
    secure,
    key: readFileSync(join(folder, 'key.pem')),
    cert: readFileSync(join(folder, 'cert.pem')),
    onAuth: ({ username = '', password = '' }, _session, done) => {
      seen.passwords.push(String(password));
      if (password === 'right-password') done(null, { user: username });
      else done(new Error(`wrong password ${password}`));
    },
    onData: (stream, session, done) => {
      seen.secure.push(session.secure);
      seen.mails++;
      stream.resume();
      stream.on('end', () => done());
    },
  });
  server.on('error', () => undefined);
  const { server: listener } = server;
  await new Promise<void>((resolve) => void server?.listen(0, '127.0.0.1', resolve));
  return (listener.address() as AddressInfo).port;
}

function channel(url: string, more: Partial<ChannelConfig> = {}): ChannelConfig {
  const login = { user: 'alerts', secret: 'right-password', ca_file: join(folder, 'ca.pem') };
  return channelOf('email', {
    name: 'mail',
    url,
    from: 'alerts@example.net',
    to: ['ops@example.org'],
    ...login,
    ...more,
  });
}

/** The message of a refused test mail, and what to do. */
async function refusal(to: ChannelConfig, timeoutMs = 5_000): Promise<{ message: string; hint: string }> {
  const error: unknown = await sendTest(to, { clock: systemClock, signal, timeoutMs }).catch((each: unknown) => each);
  const { message, hint } = error as { message: string; hint: string };
  expect(`${message} ${hint}`).not.toMatch(/right-password|cmlnaHQtcGFzc3dvcmQ/);
  return { message, hint };
}

describe.each([
  ['TLS from the start', true, 'smtps'],
  ['STARTTLS', false, 'smtp'],
] as const)('%s', (_, secure, scheme) => {
  test('is trusted with the authority of ca_file', async () => {
    const port = await open(secure);
    const said = await sendTest(channel(`${scheme}://localhost:${port}`), { clock: systemClock, signal });
    expect(said).toMatch(/^accepted \(250 /);
    expect(seen).toEqual({ passwords: ['right-password'], secure: [true], mails: 1 });
  });

  test('is refused without ca_file, before any password is sent, and the remedy is named', async () => {
    const port = await open(secure);
    const { message, hint } = await refusal(channel(`${scheme}://localhost:${port}`, { ca_file: null }));
    expect(message).toMatch(
      /^the channel mail \(email localhost:\d+\) did not take a test message: unable to verify the first certificate$/,
    );
    expect(hint).toBe('set ca_file of mail to the PEM file of the authority that signed the certificate of the server');
    expect(seen).toEqual({ passwords: [], secure: [], mails: 0 });
  });

  test('is refused with the authority of somebody else', async () => {
    const port = await open(secure);
    const other = { ca_file: join(otherFolder, 'ca.pem') };
    const { hint } = await refusal(channel(`${scheme}://localhost:${port}`, other));
    expect(hint).toBe('ca_file of mail does not hold the authority that signed the certificate of the server');
    expect(seen.passwords).toEqual([]);
  });

  test('is refused when the certificate is for another name', async () => {
    const port = await open(secure);
    const { message, hint } = await refusal(channel(`${scheme}://127.0.0.1:${port}`));
    expect(message).toMatch(/does not match certificate's altnames/);
    expect(hint).toBe('write a name in the url of mail that the certificate has');
    expect(seen.passwords).toEqual([]);
  });

  test('shows no password that the server echoes', async () => {
    const port = await open(secure);
    const wrong = channel(`${scheme}://localhost:${port}`, { secret: 'bad-password' });
    const { message, hint } = await refusal(wrong);
    expect(seen.passwords).toEqual(['bad-password']);
    expect(`${message} ${hint}`).not.toContain('bad-password');
  });
});

test('smtps:// to a server without TLS says how the two differ', async () => {
  const port = await open(false);
  const { message, hint } = await refusal(channel(`smtps://localhost:${port}`));
  expect(message).toMatch(/ERR_SSL_WRONG_VERSION_NUMBER$/);
  expect(hint).toBe(
    'look at the url of mail: smtps:// is TLS from the start (port 465), smtp:// is STARTTLS (port 587)',
  );
});

test('smtp:// to a server that waits for TLS says the same', async () => {
  const port = await open(true);
  const { hint } = await refusal(channel(`smtp://localhost:${port}`), 200);
  expect(hint).toMatch(/^look at the url of mail: smtps:\/\/ is TLS/);
});

test('garbage instead of TLS is a failure with a code', async () => {
  const garbage = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.resume().end(Buffer.alloc(50_000, 'x'));
  });
  await new Promise<void>((resolve) => void garbage.listen(0, '127.0.0.1', resolve));
  const { port } = garbage.address() as AddressInfo;
  const { message } = await refusal(channel(`smtps://localhost:${port}`));
  await new Promise((resolve) => garbage.close(resolve));
  expect(message).toMatch(/ERR_SSL_WRONG_VERSION_NUMBER$/);
});

test('a ca_file that is gone, or no PEM, is named, and a renewed one is taken up without a restart', async () => {
  const port = await open(true);
  const path = join(folder, 'renewed.pem');
  const to = channel(`smtps://localhost:${port}`, { ca_file: path });
  expect((await refusal(to)).message).toContain(`ca_file ${path} cannot be read: ENOENT`);
  writeFileSync(path, 'no certificate');
  expect((await refusal(to)).message).toContain(`ca_file ${path} holds no certificate in PEM form`);
  writeFileSync(path, readFileSync(join(folder, 'ca.pem')));
  await expect(sendTest(to, { clock: systemClock, signal })).resolves.toMatch(/^accepted/);
  expect(seen.mails).toBe(1);
});

test('a failed attempt carries its remedy, which the log shows', async () => {
  const port = await open(true);
  const message = { id: 'msg_1', type: 'dmarc.test', body: '{"subject":"s","text":"t","html":"h","at":1}' } as const;
  const to = channel(`smtps://localhost:${port}`, { ca_file: null });
  expect(await email.send(message, to, { clock: systemClock, signal })).toMatchObject({
    kind: 'failed',
    reason: 'connect',
    hint: expect.stringMatching(/^set ca_file of mail/),
  });
});
