import { createServer, type Socket } from 'node:net';
import { serveConnection } from './imap/connection.js';
import { Account } from './imap/mailbox.js';
import { listen, loopback } from './loopback.js';

export interface ImapServerOptions {
  readonly user: string;
  readonly password: string;
  /** UIDVALIDITY of the INBOX; 1 when absent. */
  readonly uidValidity?: number;
  /** Bytes of one command with its literals; 256 KiB when absent. */
  readonly maxCommandBytes?: number;
}

/** A mail to put into the INBOX. */
export interface AppendedMail {
  readonly raw: Buffer;
  /** INTERNALDATE, Unix seconds. */
  readonly receivedAt: number;
}

/** An IMAP4rev1 server in this process (RFC 3501), in memory, for one user, on the loopback interface, without TLS. */
export interface ImapServer {
  readonly host: string;
  readonly port: number;
  /** Clients in IDLE are told at once. Returns the mail's UID. */
  append(mail: AppendedMail): number;
  /** Hangs up on every client and stops listening. */
  close(): Promise<void>;
}

const mostClients = 50;

/** Listens on a free port. Rejects when there is none. */
export async function openImapServer(options: ImapServerOptions): Promise<ImapServer> {
  const account = new Account(options.user, options.password, options.uidValidity ?? 1);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    void serveConnection(socket, account, options.maxCommandBytes);
  });
  server.maxConnections = mostClients;
  const port = await listen(server);
  return {
    host: loopback,
    port,
    append: ({ raw, receivedAt }) => account.inbox.append(raw, receivedAt).uid,
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  };
}
