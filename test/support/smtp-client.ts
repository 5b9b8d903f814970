import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** A client that says what a test tells it to, line by line. */
export interface SmtpClient {
  /** Sends a line, and gives the whole reply: its lines without their ends, joined by `|`. `closed` when the server hung up. */
  say(line: string): Promise<string>;
  /** Sends lines one after the other; gives the reply to the last one. */
  sayAll(...lines: readonly string[]): Promise<string>;
  /** Sends bytes without waiting for anything. */
  write(bytes: string | Buffer): void;
  reply(): Promise<string>;
  /** Cuts the connection. */
  destroy(): void;
  /** Says QUIT and waits for the end. */
  quit(): Promise<void>;
}

/** Resolves after the greeting, which is the first of `greetings`. */
export async function smtpClient(port: number, localAddress = '127.0.0.1'): Promise<SmtpClient & { greeting: string }> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  const reply = replies(socket);
  const say = (line: string) => {
    socket.write(`${line}\r\n`);
    return reply();
  };
  const client: SmtpClient = {
    say,
    sayAll: async (...lines) => {
      let last = '';
      for (const line of lines) last = await say(line);
      return last;
    },
    write: (bytes) => void socket.write(bytes),
    reply,
    destroy: () => socket.destroy(),
    quit: async () => {
      const closed = once(socket, 'close');
      await say('QUIT');
      socket.destroy();
      await closed;
    },
  };
  return { ...client, greeting: await reply() };
}

/** A reply ends with the line whose code is followed by a blank. */
function replies(socket: Socket): () => Promise<string> {
  let text = '';
  let isClosed = false;
  let wake = (): void => undefined;
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    wake();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
    wake();
  });
  return async () => {
    for (;;) {
      const whole = /^(?:\d{3}-[^\n]*\n)*\d{3} [^\n]*\n/.exec(text)?.[0];
      if (whole !== undefined) {
        text = text.slice(whole.length);
        return whole.trimEnd().replaceAll('\r\n', '|');
      }
      if (isClosed) return 'closed';
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
}
