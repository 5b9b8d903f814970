import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openImapServer, type ImapServer } from '../../src/demo/demo.js';

let server: ImapServer;
let socket: Socket;
let lines: AsyncIterator<string>;
let reading: Interface;

beforeEach(async () => {
  server = await openImapServer({ user: 'u', password: 'p', maxCommandBytes: 200 });
  socket = connect(server.port, server.host);
  reading = createInterface({ input: socket, crlfDelay: Infinity });
  lines = reading[Symbol.asyncIterator]();
  expect(await nextLine()).toMatch(/^\* OK \[CAPABILITY IMAP4rev1 /);
});

afterEach(async () => {
  socket.destroy();
  await server.close();
});

async function nextLine(): Promise<string> {
  const line = await lines.next();
  return line.done ? '(end)' : line.value;
}

/** Sends a command and collects lines up to its tagged reply. */
async function ask(command: string, tag = command.split(' ')[0] ?? ''): Promise<readonly string[]> {
  socket.write(`${command}\r\n`);
  const answer = [await nextLine()];
  while (!answer.at(-1)?.startsWith(`${tag} `) && answer.at(-1) !== '(end)') answer.push(await nextLine());
  return answer;
}

describe('what is no command', () => {
  it('gets BAD, and the connection lives on', async () => {
    for (const nonsense of [
      '',
      'a',
      'a1 ',
      'a1 FROB',
      'a1 LOGIN "u',
      'a1 LOGIN (u',
      'a1 LOGIN u p)',
      '\u0000\u0001',
      'a1 constructor',
      'a1 UID',
      'a1 LOGIN {x}',
    ]) {
      socket.write(`${nonsense}\r\n`);
      expect(await nextLine()).toMatch(/^(?:\*|a1?) BAD /);
    }
    expect(await ask('a2 NOOP')).toEqual(['a2 OK NOOP completed']);
  });

  it('includes commands out of place', async () => {
    expect(await ask('a1 SELECT INBOX')).toEqual(['a1 NO log in first']);
    await ask('a2 LOGIN u p');
    expect(await ask('a3 LOGIN u p')).toEqual(['a3 BAD already logged in']);
    expect(await ask('a4 UID FETCH 1 FLAGS')).toEqual(['a4 BAD select a mailbox first']);
  });

  it('includes sets, items and keys that do not exist', async () => {
    await ask('a1 LOGIN u p');
    await ask('a2 SELECT inbox');
    for (const command of [
      'UID FETCH 0 FLAGS',
      'UID FETCH 1:x FLAGS',
      'UID FETCH 1 ENVELOPE',
      'UID FETCH 1 ()',
      'UID SEARCH',
      'UID SEARCH SUBJECT x',
      'UID SEARCH SINCE yesterday',
      'UID SEARCH NOT',
      'UID STORE 1 FLAGS (\\Nonsense)',
      'UID COPY 1',
      'STATUS INBOX (MOOD)',
    ]) {
      expect((await ask(`a3 ${command}`)).at(-1)).toMatch(/^a3 BAD /);
    }
  });

  it('includes parentheses nested without end', async () => {
    await ask('a1 LOGIN u p');
    await ask('a2 SELECT INBOX');
    expect((await ask(`a3 UID SEARCH ${'('.repeat(21)}ALL${')'.repeat(21)}`)).at(-1)).toMatch(/^a3 BAD /);
    expect((await ask(`a4 UID SEARCH ${'('.repeat(20)}ALL${')'.repeat(20)}`)).at(-1)).toMatch(/^a4 OK /);
  });
});

describe('literals', () => {
  it('are asked for, and then read', async () => {
    socket.write('a1 LOGIN {1}\r\n');
    expect(await nextLine()).toBe('+ go on');
    socket.write('u {1}\r\n');
    expect(await nextLine()).toBe('+ go on');
    socket.write('p\r\n');
    expect(await nextLine()).toMatch(/^a1 OK \[CAPABILITY [^\]]+\] logged in$/);
  });

  it('are taken at once with LITERAL+, in however small pieces they come', async () => {
    for (const byte of Buffer.from('a1 LOGIN {1+}\r\nu {1+}\r\np\r\n')) socket.write(Buffer.from([byte]));
    expect(await nextLine()).toMatch(/^a1 OK /);
  });
});

describe('a command', () => {
  it('of exactly the bound is read, one byte more ends the connection', async () => {
    const filler = (bytes: number): string => `a1 NOOP ${'x'.repeat(bytes - 8)}`;
    expect(await ask(filler(200))).toEqual(['a1 OK NOOP completed']);
    socket.write(`${filler(201)}\r\n`);
    expect(await nextLine()).toBe('* BYE command too long');
    await once(socket, 'close');
  });

  it('that never ends is not waited for', async () => {
    socket.write('x'.repeat(201));
    expect(await nextLine()).toBe('* BYE command too long');
  });

  it('that announces a large literal is not waited for', async () => {
    socket.write('a1 LOGIN {4000000000}\r\n');
    expect(await nextLine()).toBe('* BYE command too long');
  });
});

describe('the answers', () => {
  it('to SELECT, STATUS, LIST and NAMESPACE are those of the RFC', async () => {
    await ask('a1 LOGIN u p');
    server.append({ raw: Buffer.from('A: b\r\n\r\n'), receivedAt: 0 });
    expect(await ask('a2 SELECT INBOX')).toEqual([
      '* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)',
      '* 1 EXISTS',
      '* 0 RECENT',
      '* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] flags that stay',
      '* OK [UIDVALIDITY 1] UIDs are valid',
      '* OK [UIDNEXT 2] the next UID',
      'a2 OK [READ-WRITE] SELECT completed',
    ]);
    expect(await ask('a3 STATUS INBOX (MESSAGES UNSEEN)')).toEqual([
      '* STATUS "INBOX" (MESSAGES 1 UNSEEN 1)',
      'a3 OK STATUS completed',
    ]);
    expect(await ask('a4 LIST "" ""')).toEqual(['* LIST (\\Noselect) "/" ""', 'a4 OK LIST completed']);
    await ask('a5 CREATE a/b');
    expect(await ask('a6 LIST "" %')).toEqual(['* LIST (\\HasNoChildren) "/" "INBOX"', 'a6 OK LIST completed']);
    expect(await ask('a7 LIST "a/" *')).toEqual(['* LIST (\\HasNoChildren) "/" "a/b"', 'a7 OK LIST completed']);
    expect(await ask('a8 NAMESPACE')).toEqual(['* NAMESPACE (("" "/")) NIL NIL', 'a8 OK NAMESPACE completed']);
    expect(await ask('a9 FETCH 1 (INTERNALDATE FLAGS)')).toEqual([
      '* 1 FETCH (INTERNALDATE "01-Jan-1970 00:00:00 +0000" FLAGS ())',
      'a9 OK FETCH completed',
    ]);
  });

  it('mark a mail as seen when its body is read without PEEK', async () => {
    await ask('a1 LOGIN u p');
    server.append({ raw: Buffer.from('A: b\r\n\r\n'), receivedAt: 0 });
    await ask('a2 SELECT INBOX');
    expect(await ask('a3 UID FETCH 1 BODY.PEEK[HEADER]')).not.toContain('* 1 FETCH (FLAGS (\\Seen))');
    expect(await ask('a4 UID FETCH 1 BODY[]')).toContain('* 1 FETCH (FLAGS (\\Seen))');
  });

  it('to LOGOUT end with the connection', async () => {
    expect(await ask('a1 LOGOUT')).toEqual(['* BYE until next time', 'a1 OK LOGOUT completed']);
    expect(await nextLine()).toBe('(end)');
  });
});
