import type { Socket } from 'node:net';
import { CommandReader, type Piece } from './command-reader.js';
import type { CommandEntry, CommandTable } from './command-table.js';
import { folderCommands } from './folder-commands.js';
import { idleCommand } from './idle-command.js';
import type { Account } from './mailbox.js';
import { messageCommands } from './message-commands.js';
import { capabilities, sessionCommands } from './session-commands.js';
import { bad, no, Session, type Continuation, type Reply } from './session.js';
import { parseCommand, tagOf, type Command } from './syntax.js';
import { transferCommands } from './transfer-commands.js';

const commands: CommandTable = {
  ...sessionCommands,
  ...folderCommands,
  ...messageCommands,
  ...transferCommands,
  ...idleCommand,
};

/** A command with a UID for every mail of a large folder fits. */
export const maxCommandBytes = 256 * 1024;

/** Serves one client until it logs out, hangs up or sends too much. Never rejects. */
export async function serveConnection(socket: Socket, account: Account, maxBytes = maxCommandBytes): Promise<void> {
  const send = sender(socket);
  const session = new Session(account, send);
  try {
    await send(`* OK [CAPABILITY ${capabilities}] ready`);
    await converse(socket, session, new CommandReader(maxBytes));
  } catch {
    /* the client is gone */
  } finally {
    session.onClose?.();
    socket.destroy();
  }
}

const crlf = Buffer.from('\r\n');

function sender(socket: Socket): Session['send'] {
  return async (response) => {
    if (socket.destroyed) return;
    socket.cork();
    socket.write(response);
    const flowing = socket.write(crlf);
    socket.uncork();
    if (!flowing) await drained(socket);
  };
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}

async function converse(socket: Socket, session: Session, reader: CommandReader): Promise<void> {
  let waiting: Waiting | null = null;
  for await (const chunk of socket) {
    for (const event of reader.push(chunk as Buffer)) {
      if (event.kind === 'too-long') return await session.send('* BYE command too long');
      if (event.kind === 'literal-asked') await session.send('+ go on');
      else waiting = await hear(session, event.pieces, waiting);
      if (session.loggedOut) return void (await ended(socket));
    }
  }
}

function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.end(resolve));
}

/** A command that wants another line. */
interface Waiting {
  readonly tag: string;
  readonly continuation: Continuation;
}

/** One line of the client: a command, or what the last command waits for. */
async function hear(session: Session, pieces: readonly Piece[], waiting: Waiting | null): Promise<Waiting | null> {
  if (waiting) {
    const line = pieces.length === 1 && typeof pieces[0] === 'string' ? pieces[0] : '';
    await finish(session, waiting.tag, waiting.continuation.next(line), true);
    return null;
  }
  const command = parseCommand(pieces);
  if (!command) {
    await finish(session, tagOf(pieces), bad('not a command'), false);
    return null;
  }
  const entry = Object.hasOwn(commands, command.name) ? commands[command.name] : undefined;
  const reply = await perform(session, command, entry);
  if (reply.next === undefined) {
    await finish(session, command.tag, reply, entry?.holdsNumbers !== true);
    return null;
  }
  await session.send(`+ ${reply.prompt}`);
  await session.announce();
  return { tag: command.tag, continuation: reply };
}

function perform(
  session: Session,
  command: Command,
  entry: CommandEntry | undefined,
): Reply | Continuation | Promise<Reply | Continuation> {
  if (!entry) return bad('unknown command');
  if (entry.needs === 'no-login' && session.authenticated) return bad('already logged in');
  if (['login', 'selection'].includes(entry.needs) && !session.authenticated) return no('log in first');
  if (entry.needs === 'selection' && !session.selected) return bad('select a mailbox first');
  return entry.run({ session, args: command.args, byUid: command.name.startsWith('UID ') });
}

/** News first, then the tagged reply. */
async function finish(session: Session, tag: string, reply: Reply, withNews: boolean): Promise<void> {
  if (withNews) await session.announce();
  await session.send(`${tag} ${reply.status} ${reply.text}`);
}
