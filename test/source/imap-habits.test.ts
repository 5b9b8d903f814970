import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MailboxConfig } from '../../src/config/config.js';
import { imapSource } from '../../src/source/imap.js';
import { imapTimeouts } from '../../src/source/imap-session.js';
import type { Habit, ScriptedImap, ScriptedOptions } from '../support/scripted-imap.js';
import { startScriptedImap, uidsIn } from '../support/scripted-imap.js';
import { Bench, mail, mailboxAt, subjectOf } from './harness.js';

describe('habits of IMAP servers', () => {
  let server: ScriptedImap;
  let bench: Bench;

  const start = async (habit: Habit, options: ScriptedOptions = {}): Promise<void> => {
    server = await startScriptedImap(options);
    server.mails.push(mail('1'), mail('2'));
    server.habit = habit;
  };

  const run = (settings: Partial<MailboxConfig> = {}, timeouts = imapTimeouts): void => {
    bench.run(imapSource(mailboxAt(server, settings), bench.deps(), timeouts));
  };

  const subjects = (): readonly string[] => bench.intake.mails.map(subjectOf);

  /** Answers FETCH of whole mails by what is given for each UID. */
  const fetching =
    (answer: (uid: number, text: string) => readonly string[]): Habit =>
    async ({ tag, line, send }) => {
      if (!line.includes('BODY.PEEK[]')) return false;
      for (const uid of uidsIn(line, server.mails.length)) {
        for (const part of answer(uid, server.mails[uid - 1] ?? '')) await send(part);
      }
      await send(`${tag} OK fetched\r\n`);
      return true;
    };

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(async () => {
    await bench.stopAll();
    await server.stop();
  });

  test.each(['IMAP4rev1', 'IMAP4rev1 AUTH=PLAIN'])(
    'a server (%s) that repeats the login that it refuses does not bring the password into a message',
    async (capability) => {
      const password = 'a "quoted" w\\ord';
      const forms = [password, 'a \\"quoted\\" w\\\\ord', 'AGRtYXJjAGEgInF1b3RlZCIgd1xvcmQ'];
      let asked = '';
      await start(
        async ({ tag, line, send }) => {
          if (line === 'AUTHENTICATE PLAIN') {
            asked = tag;
            await send('+ \r\n');
          } else if (asked !== '') await send(`${asked} NO [AUTHENTICATIONFAILED] not ${line}\r\n`);
          else if (line.startsWith('LOGIN ')) await send(`${tag} NO [AUTHENTICATIONFAILED] not ${line}\r\n`);
          else return false;
          return true;
        },
        { capability },
      );
      run({ password });
      expect(await bench.failed(1)).toMatchObject({
        reason: 'auth',
        message: expect.stringContaining('***') as string,
      });
      const told = bench.heard.told.map(({ args }) => args.map((each) => Object.values(each as object).join()).join());
      for (const form of forms) expect(told.join()).not.toContain(form);
    },
  );

  test('a bare IMAP4rev1 server is read, and asked for nothing that it does not offer', async () => {
    await start(() => undefined);
    run({ idle: true, after_done: 'seen' });
    expect(await bench.polled(1)).toMatchObject({ mails: 2 });
    expect(subjects()).toEqual(['1', '2']);
    await bench.clock.slept(1);
    expect(server.commands.join('\n')).not.toMatch(/IDLE|MOVE|EXPUNGE|ENABLE|NAMESPACE|CONDSTORE|CHANGEDSINCE/);
  });

  test('items of a FETCH may come in any order', async () => {
    await start(
      fetching((uid, text) => [`* ${uid} FETCH (BODY[] {${text.length}}\r\n${text} FLAGS (\\Seen) UID ${uid})\r\n`]),
    );
    run();
    expect(await bench.polled(1)).toMatchObject({ mails: 2 });
    expect(subjects()).toEqual(['1', '2']);
  });

  test('FLAGS, EXISTS and RECENT lines that nobody asked for may stand between', async () => {
    await start(
      fetching((uid, text) => [
        '* 9 EXISTS\r\n* 0 RECENT\r\n* 1 FETCH (FLAGS (\\Seen))\r\n',
        `* ${uid} FETCH (UID ${uid} BODY[] {${text.length}}\r\n${text})\r\n`,
        `* ${uid} FETCH (FLAGS (\\Flagged) UID ${uid})\r\n* OK still here\r\n`,
      ]),
    );
    run();
    expect(await bench.polled(1)).toMatchObject({ mails: 2 });
    expect(subjects()).toEqual(['1', '2']);
  });

  test('a mail may come byte by byte', async () => {
    await start(fetching((uid, text) => [...`* ${uid} FETCH (UID ${uid} BODY[] {${text.length}}\r\n${text})\r\n`]));
    run();
    expect(await bench.polled(1)).toMatchObject({ mails: 2 });
    expect(subjects()).toEqual(['1', '2']);
  });

  test('mails without RFC822.SIZE or INTERNALDATE are read all the same', async () => {
    await start(async ({ tag, line, send }) => {
      if (!line.includes('RFC822.SIZE')) return false;
      await send('* 1 FETCH (UID 1 INTERNALDATE "01-Jan-2024 00:00:00 +0000")\r\n');
      await send(`* 2 FETCH (UID 2 RFC822.SIZE 50)\r\n${tag} OK fetched\r\n`);
      return true;
    });
    run();
    expect(await bench.polled(1)).toMatchObject({ mails: 2 });
    expect(bench.intake.mails.map(({ receivedAt }) => receivedAt)).toEqual([1704067200, null]);
  });

  test.each([
    ['the greeting', /^$/],
    ['the login', /^(LOGIN|AUTHENTICATE)/],
    ['the opening of a folder', /^EXAMINE/],
    ['a search', /^UID SEARCH/],
    ['a fetch', /BODY\.PEEK/],
  ])('a BYE in place of the answer to %s ends the poll, and the next one goes on', async (title, at) => {
    const greeting = title === 'the greeting' ? '* BYE too many connections\r\n' : '* OK ready\r\n';
    await start(
      async ({ line, send, end }) => {
        if (!at.test(line)) return false;
        await send('* BYE shutting down\r\n');
        end();
        return true;
      },
      { greeting },
    );
    run();
    expect(await bench.failed(1)).toMatchObject({ reason: 'connect' });
    expect(bench.intake.mails).toEqual([]);
    if (title === 'the greeting') return;
    server.habit = () => undefined;
    bench.clock.wake();
    expect(await bench.polled(1)).toMatchObject({ mails: 2 });
  });

  test.each([
    ['THROTTLED', /^(LOGIN|AUTHENTICATE)/],
    ['UNAVAILABLE', /^EXAMINE/],
    ['LIMIT', /^UID SEARCH/],
    ['OVERQUOTA', /BODY\.PEEK/],
  ])('[%s] is no fault of the settings or of a mail, and is tried again only when a poll is due', async (code, at) => {
    await start(async ({ tag, line, send }) => {
      if (!at.test(line)) return false;
      await send(`${tag} NO [${code}] slow down\r\n`);
      return true;
    });
    run({ folders: ['INBOX', 'Other'] });
    for (const times of [1, 2, 3]) {
      expect(await bench.failed(times)).toMatchObject({
        reason: 'connect',
        message: `mailbox reports: 127.0.0.1:${server.port} cannot serve dmarc now: slow down`,
        retryInMs: 300_000,
      });
      await bench.clock.slept(times);
      bench.clock.wake();
    }
    expect(server.commands.filter((line) => line.includes('Other'))).toEqual([]);
  });

  test('a server that drips bytes for ever is given up after the time of a step', async () => {
    let dripping = true;
    await start(async ({ line, send }) => {
      if (!line.startsWith('UID SEARCH')) return false;
      await send('* SEARCH');
      while (dripping) {
        await send(' 1');
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return true;
    });
    run({}, { ...imapTimeouts, step: 200 });
    expect(await bench.failed(1)).toMatchObject({
      reason: 'timeout',
      message: `mailbox reports: 127.0.0.1:${server.port} is too slow: it did not come to an end in 1 s`,
    });
    dripping = false;
    server.habit = () => undefined;
    bench.clock.wake();
    expect(await bench.polled(1)).toMatchObject({ mails: 2 });
  });

  test('a transfer gets time by its size, and not more', async () => {
    const slowly: Habit = async ({ tag, line, send }) => {
      if (!line.includes('BODY.PEEK[]')) return false;
      const text = server.mails[0] ?? '';
      await send(`* 1 FETCH (UID 1 BODY[] {${text.length}}\r\n`);
      for (const sign of text) {
        await send(sign);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await send(`)\r\n${tag} OK fetched\r\n`);
      return true;
    };
    await start(slowly);
    server.mails.splice(1);
    // 58 bytes take 0.6 s or more. A step alone has 0.2 s; 5 bytes a second make it 11.8 s, 1000 a second 0.26 s.
    const timeouts = { ...imapTimeouts, step: 200 };
    const mailbox = mailboxAt(server);
    bench.run(imapSource(mailbox, bench.deps({ fetchBytesPerSecond: 1_000 }), timeouts));
    expect(await bench.failed(1)).toMatchObject({ reason: 'timeout' });
    bench.run(imapSource(mailbox, bench.deps({ fetchBytesPerSecond: 5 }), timeouts));
    expect(await bench.polled(1)).toMatchObject({ mails: 1 });
  });

  test('a server that announces mails that are not there is believed ever less', async () => {
    let idling = '';
    let count = 2;
    await start(
      async ({ tag, line, send }) => {
        if (line === 'IDLE') {
          idling = tag;
          count += 1;
          await send(`+ idling\r\n* ${count} EXISTS\r\n`);
          return true;
        }
        // The end of an IDLE has no tag.
        if (!`${tag}${line}`.includes('DONE')) return false;
        await send(`${idling} OK done\r\n`);
        return true;
      },
      { capability: 'IMAP4rev1 IDLE' },
    );
    bench.clock.now = () => 1_000_000;
    run({ idle: true });
    for (const times of [1, 2, 3, 4]) {
      await bench.polled(times);
      await bench.clock.slept(2 * times);
      bench.clock.wake();
    }
    expect(bench.clock.sleeps.slice(0, 8)).toEqual([300_000, 1_000, 300_000, 2_000, 300_000, 4_000, 300_000, 8_000]);
  });

  test('an IDLE that the server refuses, or ends at once, is waited out', async () => {
    await start(
      async ({ tag, line, send }) => {
        if (line !== 'IDLE') return false;
        await send(`${tag} NO not now\r\n`);
        return true;
      },
      { capability: 'IMAP4rev1 IDLE' },
    );
    run({ idle: true });
    await bench.polled(1);
    await bench.clock.slept(2);
    expect(server.commands.filter((line) => line === 'IDLE')).toHaveLength(1);
    bench.clock.wake();
    expect(await bench.polled(2)).toMatchObject({ mails: 0 });
  });
});
