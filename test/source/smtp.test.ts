import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestPath } from '../../src/base/digest.js';
import type { SmtpConfig } from '../../src/config/config.js';
import type { Limits } from '../../src/config/limits.js';
import { openSources } from '../../src/source/source.js';
import type { Source } from '../../src/source/source.js';
import { freePort } from '../support/ports.js';
import { smtpClient as openClient } from '../support/smtp-client.js';
import { Bench } from './harness.js';

let bench: Bench;
let port: number;
beforeEach(async () => {
  bench = new Bench();
  port = await freePort();
});
afterEach(async () => {
  for (const client of opened.splice(0)) client.destroy();
  await bench.stopAll();
});

const opened: { destroy(): void }[] = [];

/** A client that does not outlive its test: the listener waits for those that are there. */
async function smtpClient(...place: Parameters<typeof openClient>): ReturnType<typeof openClient> {
  const client = await openClient(...place);
  opened.push(client);
  return client;
}

function source(changes: Partial<SmtpConfig> = {}, bounds: Partial<Limits> = {}): Source {
  const config: SmtpConfig = {
    listen: `127.0.0.1:${port}`,
    protocol: 'smtp',
    recipients: ['dmarc@example.org', 'rua.example.org'],
    hostname: 'mx.example.org',
    tls_cert_file: null,
    tls_key_file: null,
    ...changes,
  };
  const [only] = openSources({ mailboxes: [], directories: [], smtp: config }, bench.deps(bounds));
  if (!only) throw new Error('no source');
  return only;
}

async function listening(changes: Partial<SmtpConfig> = {}, bounds: Partial<Limits> = {}): Promise<void> {
  bench.run(source(changes, bounds));
  await bench.polled(1);
}

const envelope = ['EHLO relay.example', 'MAIL FROM:<reports@mx.example>', 'RCPT TO:<dmarc@example.org>', 'DATA'];
const mail = 'Subject: one\r\n\r\nhello\r\n';

describe('a mail that is brought by SMTP', () => {
  test('is answered with 250 once it is stored, and has the digest of its bytes as its place', async () => {
    await listening();
    const client = await smtpClient(port);
    expect(client.greeting).toMatch(/^220 mx\.example\.org ESMTP/);
    let stored = false;
    bench.intake.during = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      stored = true;
    };
    expect(await client.sayAll(...envelope)).toMatch(/^354 /);
    client.write(`${mail}.\r\n`);
    expect(await client.reply()).toBe('250 2.6.0 stored');
    expect(stored).toBe(true);
    await client.quit();
    expect(bench.intake.mails).toHaveLength(1);
    expect(bench.intake.mails[0]).toMatchObject({
      origin: { source: 'smtp', path: digestPath(Buffer.from(mail)) },
      size: mail.length,
      receivedAt: null,
      fromStranger: true,
    });
    expect(bench.intake.texts).toEqual([mail.replaceAll('\r\n', '\n')]);
  });

  test('is answered with 451 when the store fails, and taken when it comes again', async () => {
    await listening();
    bench.intake.failures.push(new Error('the disk is full'));
    const client = await smtpClient(port);
    await client.sayAll(...envelope);
    client.write(`${mail}.\r\n`);
    expect(await client.reply()).toMatch(/^451 4\.3\.0 .*try again/);
    expect(bench.intake.mails).toEqual([]);
    await client.sayAll(...envelope.slice(1));
    client.write(`${mail}.\r\n`);
    expect(await client.reply()).toMatch(/^250 /);
    expect(bench.intake.mails).toHaveLength(1);
    await client.quit();
  });

  test('is answered with 451 when it alone could not be stored', async () => {
    await listening();
    bench.intake.deliver = () => Promise.resolve([null]);
    const client = await smtpClient(port);
    await client.sayAll(...envelope);
    client.write(`${mail}.\r\n`);
    expect(await client.reply()).toMatch(/^451 /);
    await client.quit();
  });

  test('loses the dots that the client stuffed and ends at the lone dot, wherever its packets end', async () => {
    await listening();
    const client = await smtpClient(port);
    await client.sayAll(...envelope);
    for (const byte of 'a\r\n..\r\n...b\r\n.\r\n') {
      client.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await client.reply()).toMatch(/^250 /);
    await client.quit();
    expect(bench.intake.texts).toEqual(['a\n.\n..b\n']);
  });

  test('does not end at a dot between bare line feeds, which smugglers write', async () => {
    await listening();
    const client = await smtpClient(port);
    await client.sayAll(...envelope);
    client.write('a\n.\nMAIL FROM:<x@mx.example>\r\n.\r\n');
    expect(await client.reply()).toMatch(/^250 /);
    await client.quit();
    expect(bench.intake.texts).toEqual(['a\n.\nMAIL FROM:<x@mx.example>\n']);
  });

  test('that breaks off is not stored', async () => {
    await listening();
    const client = await smtpClient(port);
    await client.sayAll(...envelope);
    client.write('Subject: half\r\n\r\nhel');
    client.destroy();
    const other = await smtpClient(port);
    await other.sayAll(...envelope);
    other.write(`${mail}.\r\n`);
    expect(await other.reply()).toMatch(/^250 /);
    await other.quit();
    expect(bench.intake.mails).toHaveLength(1);
  });

  test('may have no sender, eight-bit bytes and a sender in UTF-8', async () => {
    await listening();
    const client = await smtpClient(port);
    expect(await client.say('EHLO relay.example')).toMatch(/\|250-8BITMIME\|250-SMTPUTF8\|/);
    expect(await client.sayAll('MAIL FROM:<> BODY=8BITMIME', 'RCPT TO:<dmarc@example.org>', 'DATA')).toMatch(/^354/);
    client.write(Buffer.from('gr\u00fc\u00dfe\r\n.\r\n', 'utf8'));
    expect(await client.reply()).toMatch(/^250 /);
    expect(await client.say('MAIL FROM:<gr\u00fc\u00dfe@mx.example> SMTPUTF8')).toMatch(/^250 /);
    await client.quit();
    expect(bench.intake.texts).toEqual(['gr\u00fc\u00dfe\n']);
  });
});

describe('whom mail is taken for', () => {
  test.each([
    ['dmarc@example.org', 250],
    ['DMARC@Example.ORG', 250],
    ['any.body@rua.example.org', 250],
    ['other@example.org', 550],
    ['dmarc@sub.example.org', 550],
    ['x@sub.rua.example.org', 550],
    ['dmarc%example.net@example.org', 550],
    ['dmarc@example.org@example.net', 501],
    ['victim@example.net', 550],
  ])('%s: %i', async (address, code) => {
    await listening();
    const client = await smtpClient(port);
    expect(await client.sayAll('EHLO a.example', 'MAIL FROM:<>', `RCPT TO:<${address}>`)).toMatch(RegExp(`^${code} `));
    await client.quit();
  });

  test('a mail without a recipient that is ours is not taken', async () => {
    await listening();
    const client = await smtpClient(port);
    expect(await client.sayAll('EHLO a.example', 'MAIL FROM:<>', 'RCPT TO:<x@example.net>', 'DATA')).toMatch(/^503 /);
    await client.quit();
  });

  test('a domain may be written in letters or as an A-label', async () => {
    await listening({ recipients: ['b\u00fccher.example'] });
    const client = await smtpClient(port);
    expect(await client.sayAll('EHLO a.example', 'MAIL FROM:<>', 'RCPT TO:<x@xn--bcher-kva.example>')).toMatch(/^250 /);
    await client.quit();
  });
});

describe('the bounds', () => {
  const body = (bytes: number) => `${'x'.repeat(bytes - 2)}\r\n`;

  test('a mail of as many bytes as are allowed is taken, one of a byte more is refused', async () => {
    await listening({}, { mailBytes: 1000 });
    const client = await smtpClient(port);
    expect(await client.say('EHLO a.example')).toContain('250 SIZE 1000');
    await client.sayAll(...envelope.slice(1));
    client.write(`${body(1000)}.\r\n`);
    expect(await client.reply()).toMatch(/^250 /);
    await client.sayAll(...envelope.slice(1));
    client.write(`${body(1001)}.\r\n`);
    expect(await client.reply()).toMatch(/^552 /);
    await client.quit();
    expect(bench.intake.mails.map(({ size }) => size)).toEqual([1000]);
  });

  test('a size announced beyond the bound is refused before the mail is sent', async () => {
    await listening({}, { mailBytes: 1000 });
    const client = await smtpClient(port);
    expect(await client.sayAll('EHLO a.example', 'MAIL FROM:<> SIZE=1000')).toMatch(/^250 /);
    expect(await client.sayAll('RSET', 'MAIL FROM:<> SIZE=1001')).toMatch(/^552 /);
    await client.quit();
  });

  test('who goes on beyond twice the bound is cut', async () => {
    await listening({}, { mailBytes: 1000 });
    const client = await smtpClient(port);
    await client.sayAll(...envelope);
    client.write('x'.repeat(2100));
    expect(await client.reply()).toMatch(/^421 /);
    expect(await client.reply()).toBe('closed');
  });

  test('mails that arrive together have room for so many bytes, and are refused for the moment beyond', async () => {
    await listening({}, { arrivingBytes: 1000 });
    const client = await smtpClient(port);
    await client.sayAll(...envelope);
    client.write(`${body(1001)}.\r\n`);
    expect(await client.reply()).toMatch(/^452 /);
    for (let mails = 0; mails < 3; mails++) {
      await client.sayAll(...envelope.slice(1));
      client.write(`${body(1000)}.\r\n`);
      expect(await client.reply()).toMatch(/^250 /);
    }
    await client.quit();
  });

  test('one connection more than a client may have is refused, another client is not', async () => {
    await listening({}, { smtpConnectionsPerClient: 2 });
    const clients = [await smtpClient(port), await smtpClient(port)];
    expect((await smtpClient(port)).greeting).toMatch(/^421 /);
    expect((await smtpClient(port, '127.0.0.2')).greeting).toMatch(/^220 /);
    await clients[0]?.quit();
    expect((await smtpClient(port)).greeting).toMatch(/^220 /);
  });

  test('one connection more than all may have is refused', async () => {
    await listening({}, { smtpConnections: 2 });
    await smtpClient(port);
    expect((await smtpClient(port, '127.0.0.2')).greeting).toMatch(/^220 /);
    expect((await smtpClient(port, '127.0.0.3')).greeting).toMatch(/^421 /);
  });

  test('one command more than a connection may give ends it', async () => {
    await listening({}, { smtpCommands: 3 });
    const client = await smtpClient(port);
    expect(await client.sayAll('EHLO a.example', 'NOOP', 'NOOP')).toMatch(/^250 /);
    expect(await client.say('NOOP')).toMatch(/^421 /);
  });

  test('one mail more than a client may send in a minute is put off', async () => {
    await listening({}, { smtpMailsPerMinute: 2 });
    const begin = async (localAddress?: string) => {
      const client = await smtpClient(port, localAddress);
      return client.sayAll('EHLO a.example', 'MAIL FROM:<>');
    };
    bench.clock.now = () => 60_000;
    expect([await begin(), await begin()].join()).toMatch(/^250 .*,250 /);
    expect(await begin()).toMatch(/^451 .*minute/);
    expect(await begin('127.0.0.2')).toMatch(/^250 /);
    bench.clock.now = () => 120_000;
    expect(await begin()).toMatch(/^250 /);
  });

  test('one recipient more than a mail may have is put off', async () => {
    await listening({}, { smtpRecipients: 2 });
    const client = await smtpClient(port);
    const [one, two, three] = [1, 2, 3].map((n) => `RCPT TO:<${n}@rua.example.org>`) as [string, string, string];
    expect(await client.sayAll('EHLO a.example', 'MAIL FROM:<>', one, two)).toMatch(/^250 /);
    expect(await client.say(three)).toMatch(/^452 /);
    await client.quit();
  });

  test('a connection that lasts longer than it may is ended at the next look', async () => {
    await listening({}, { smtpSessionSeconds: 60 });
    const start = bench.clock.now();
    bench.clock.now = () => start;
    const client = await smtpClient(port);
    bench.clock.now = () => start + 60_000;
    bench.clock.wake();
    await bench.polled(2);
    expect(await client.say('EHLO a.example')).toMatch(/^250/);
    bench.clock.now = () => start + 60_001;
    bench.clock.wake();
    expect(await client.reply()).toMatch(/^421 /);
  });

  test('a connection that is silent too long is ended', async () => {
    await listening({}, { smtpIdleSeconds: 0.3 });
    const client = await smtpClient(port);
    expect(await client.reply()).toMatch(/^421 /);
  });
});

describe('what is not offered', () => {
  test.each(['AUTH PLAIN AGEAYg==', 'VRFY dmarc', 'STARTTLS', 'XCLIENT ADDR=198.51.100.1', 'SHELL'])('%s', async (line) => {
    await listening();
    const client = await smtpClient(port);
    expect(await client.say('EHLO a.example')).not.toMatch(/AUTH|STARTTLS|XCLIENT/);
    expect(await client.say(line)).toMatch(/^500 /);
    await client.quit();
  }); // prettier-ignore
});

describe('LMTP', () => {
  test('answers once for every recipient, and knows no EHLO', async () => {
    await listening({ protocol: 'lmtp' });
    const client = await smtpClient(port);
    expect(client.greeting).toMatch(/^220 mx\.example\.org LMTP/);
    expect(await client.say('EHLO a.example')).toMatch(/^500 /);
    await client.sayAll('LHLO a.example', 'MAIL FROM:<>', 'RCPT TO:<a@rua.example.org>', 'RCPT TO:<b@rua.example.org>');
    await client.say('DATA');
    client.write(`${mail}.\r\n`);
    expect([await client.reply(), await client.reply()]).toEqual(['250 2.6.0 stored', '250 2.6.0 stored']);
    await client.quit();
    expect(bench.intake.mails).toMatchObject([{ fromStranger: false }]);
  });
});

describe('the listener', () => {
  test('tries again while another program has its port', async () => {
    const other = createServer().listen(port, '127.0.0.1');
    bench.run(source());
    expect(await bench.failed(1)).toMatchObject({ reason: 'connect', hint: expect.stringContaining('another program') as string }); // prettier-ignore
    await new Promise((resolve) => other.close(resolve));
    bench.clock.wake();
    await bench.heard.nth('pollSucceeded', 1);
    const client = await smtpClient(port);
    expect(client.greeting).toMatch(/^220 /);
    await client.quit();
  });

  test('tells at every look how many mails it took', async () => {
    await listening();
    const client = await smtpClient(port);
    await client.sayAll(...envelope);
    client.write(`${mail}.\r\n`);
    await client.reply();
    await client.quit();
    bench.clock.wake();
    expect(await bench.polled(2)).toMatchObject({ mails: 1 });
    bench.clock.wake();
    expect(await bench.polled(3)).toMatchObject({ mails: 0 });
  });

  test('is closed when the source has ended', async () => {
    const running = bench.run(source());
    await bench.polled(1);
    await running.stop();
    await expect(smtpClient(port)).resolves.toMatchObject({ greeting: 'closed' });
  });
});
