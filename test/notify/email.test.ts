import type { AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import type { ChannelConfig } from '../../src/config/config.js';
import type { Message } from '../../src/model/alert.js';
import { email } from '../../src/notify/channels/email.js';
import { rendered } from '../../src/notify/route.js';
import { alert, channelOf, resolved, withTexts } from './samples.js';

let server: SMTPServer;
let port: number;
let mails: string[];
let logins: string[];
const refused = new Set<string>();

beforeEach(async () => {
  mails = [];
  logins = [];
  refused.clear();
  server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    hideSTARTTLS: true,
    onAuth: ({ username = '', password = '' }, _session, done) => {
      logins.push(username);
      if (password === 'right-password') done(null, { user: username });
      else done(new Error(`wrong password ${password}`));
    },
    onRcptTo: ({ address }, _session, done) => done(refused.has(address) ? new Error('no such user') : null),
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        mails.push(Buffer.concat(chunks).toString());
        done();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  port = (server.server.address() as AddressInfo).port;
});

afterEach(() => new Promise<void>((resolve) => void server.close(() => resolve())));

function channel(more: Partial<ChannelConfig> = {}): ChannelConfig {
  const url = `smtp+notls://127.0.0.1:${port}`;
  return channelOf('email', { url, from: 'alerts@example.net', to: ['ops@example.org'], ...more });
}

async function send(message: Message, to = channel(), signal = new AbortController().signal) {
  const [each] = rendered(message, { name: to.name, kind: 'email' });
  if (each === undefined) throw new Error('nothing to send');
  return email.send(each, to, { clock: systemClock, signal, timeoutMs: 2_000 });
}

test('sends plain text and HTML, marked as automatic, with the message as Message-ID', async () => {
  expect(await send(alert())).toMatchObject({ kind: 'delivered' });
  const mail = await PostalMime.parse(mails[0] ?? '');
  expect(mail).toMatchObject({
    subject: 'example.org: mailer.example: known sender fails DMARC',
    from: { address: 'alerts@example.net' },
    to: [{ address: 'ops@example.org' }],
    messageId: '<msg_1@example.net>',
    date: '2026-09-02T06:14:09.000Z',
  });
  expect(mail.text).toContain('198 of 212 messages failed DMARC');
  expect(mail.html).toContain('<a href="https://rua.example.org/alerts/al_0001">');
  expect(mail.headers.find(({ key }) => key === 'auto-submitted')?.value).toBe('auto-generated');
});

test('sends the same bytes on every attempt, and keeps the mails of one alert in one thread', async () => {
  await send(alert());
  await send(alert());
  await send({ ...resolved(), id: 'msg_2' });
  expect(mails[1]).toBe(mails[0]);
  const parsed = await Promise.all(mails.map((each) => PostalMime.parse(each)));
  expect(parsed[2]?.references).toBe(parsed[0]?.references);
  expect(parsed[2]?.messageId).not.toBe(parsed[0]?.messageId);
});

test('a hostile name adds no header and no markup', async () => {
  const evil = 'x\r\nBcc: spy@evil.example\r\n\r\n<img src=x>\u0000';
  await send(withTexts(alert({ domain: evil }), { summary: evil, domain: evil }));
  const mail = await PostalMime.parse(mails[0] ?? '');
  expect(mail.bcc).toBeUndefined();
  expect(mails[0]).not.toMatch(/^bcc:/im);
  expect(mail.subject).toContain('x Bcc: spy@evil.example');
  expect(mail.html).not.toContain('<img');
});

test('logs in, and shows the password in no failure', async () => {
  await send(alert(), channel({ user: 'alerts', secret: 'right-password' }));
  expect(mails).toHaveLength(1);
  const failed = await send(alert(), channel({ user: 'alerts', secret: 'bad-password' }));
  expect(logins).toEqual(['alerts', 'alerts']);
  expect(failed).toMatchObject({ kind: 'failed', reason: 'other' });
  expect(JSON.stringify(failed)).not.toContain('bad-password');
});

test('smtp:// sends nothing, and no password, to a server without STARTTLS', async () => {
  const url = `smtp://127.0.0.1:${port}`;
  expect(await send(alert(), channel({ url, user: 'a', secret: 'right-password' }))).toMatchObject({ kind: 'failed' });
  expect(mails).toEqual([]);
  expect(logins).toEqual([]);
});

test('a server that refuses everybody is a failure; one that refuses some is told of', async () => {
  refused.add('ops@example.org');
  expect(await send(alert())).toMatchObject({ kind: 'failed', reason: 'other' });
  const both = channel({ to: ['ops@example.org', 'boss@example.org'] });
  expect(await send(alert(), both)).toMatchObject({ kind: 'delivered', warning: expect.stringMatching(/refused 1/) });
});

test('a server that cannot be reached is a failure, and stopping is neither', async () => {
  expect(await send(alert(), channel({ url: 'smtp+notls://127.0.0.1:1' }))).toMatchObject({ reason: 'connect' });
  const stop = new AbortController();
  stop.abort();
  expect(await send(alert(), channel(), stop.signal)).toEqual({ kind: 'aborted' });
  expect(mails).toEqual([]);
});
