import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { portOf } from './ports.js';

/** One command of the client: its tag, and the rest of the line. */
export interface Command {
  readonly tag: string;
  readonly line: string;
  /** Writes bytes as they are, in a packet of their own. */
  send(text: string): Promise<void>;
  /** Ends the connection. */
  end(): void;
}

/** Answers a command and resolves with true, or leaves it to the usual answer. */
export type Habit = (command: Command) => Promise<boolean | undefined> | boolean | undefined;

/** A small IMAP server on loopback that answers as it is told, for habits that real servers at hand have not. */
export interface ScriptedImap {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Every command line so far, without its tag. */
  readonly commands: readonly string[];
  /** Mails of INBOX; the first has UID 1. */
  readonly mails: string[];
  habit: Habit;
  /** Writes to every connection. */
  tell(text: string): void;
  stop(): Promise<void>;
}

export interface ScriptedOptions {
  readonly capability?: string;
  readonly greeting?: string;
}

export async function startScriptedImap({
  capability = 'IMAP4rev1',
  greeting = '* OK ready\r\n',
}: ScriptedOptions = {}): Promise<ScriptedImap> {
  const sockets = new Set<Socket>();
  const commands: string[] = [];
  const mails: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket.setNoDelay());
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.write(greeting);
    readLines(socket, async (text) => {
      const space = text.indexOf(' ');
      const command = { tag: text.slice(0, space), line: text.slice(space + 1), ...writingTo(socket) };
      commands.push(command.line);
      if ((await scripted.habit(command)) !== true) await usual(command, mails, capability);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const scripted: ScriptedImap = {
    host: '127.0.0.1',
    port: portOf(server),
    user: 'dmarc',
    password: 'secret',
    commands,
    mails,
    habit: () => undefined,
    tell: (text) => {
      for (const socket of sockets) socket.write(text);
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return scripted;
}

function writingTo(socket: Socket): Pick<Command, 'send' | 'end'> {
  return {
    send: (text) => new Promise((resolve) => socket.write(text, () => resolve())),
    end: () => void socket.end(),
  };
}

/** Lines one after the other, each answered before the next is read. */
function readLines(socket: Socket, answer: (line: string) => Promise<void>): void {
  let rest = '';
  let turn = Promise.resolve();
  socket.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) turn = turn.then(() => answer(line));
  });
}

/** The answers of a plain IMAP4rev1 server with one folder. */
async function usual({ tag, line, send }: Command, mails: readonly string[], capability: string): Promise<void> {
  const verb = /^(UID )?\S+/.exec(line)?.[0].toUpperCase() ?? '';
  for (const text of untagged(verb, line, mails, capability)) await send(text);
  await send(`${tag} OK ${verb} done\r\n`);
}

function untagged(verb: string, line: string, mails: readonly string[], capability: string): readonly string[] {
  switch (verb) {
    case 'CAPABILITY':
      return [`* CAPABILITY ${capability}\r\n`];
    case 'LIST':
      return ['* LIST () "/" INBOX\r\n'];
    case 'SELECT':
    case 'EXAMINE': {
      const state = `* OK [UIDVALIDITY 7] .\r\n* OK [UIDNEXT ${mails.length + 1}] .\r\n`;
      return [`* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] .\r\n* ${mails.length} EXISTS\r\n${state}`];
    }
    case 'UID SEARCH':
      return [`* SEARCH${mails.map((_, index) => ` ${index + 1}`).join('')}\r\n`];
    case 'UID FETCH':
      return uidsIn(line, mails.length).map((uid) => fetched(uid, line, mails[uid - 1] ?? ''));
    case 'LOGOUT':
      return ['* BYE bye\r\n'];
    default:
      return [];
  }
}

function fetched(uid: number, line: string, mail: string): string {
  const body = line.includes('BODY.PEEK[]') ? ` BODY[] {${Buffer.byteLength(mail)}}\r\n${mail}` : '';
  const facts = ` RFC822.SIZE ${Buffer.byteLength(mail)} INTERNALDATE "01-Jan-2024 00:00:00 +0000"`;
  return `* ${uid} FETCH (UID ${uid}${line.includes('RFC822.SIZE') ? facts : ''}${body})\r\n`;
}

/** The UIDs that a FETCH asks for. */
export function uidsIn(line: string, last: number): readonly number[] {
  const set = line.split(' ')[2] ?? '';
  return Array.from({ length: last }, (_, index) => index + 1).filter((uid) =>
    set.split(',').some((range) => {
      const [from = 0, to = from] = range.split(':').map(Number);
      return uid >= from && uid <= to;
    }),
  );
}
