import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { portOf } from './ports.js';

/** A proxy on loopback that can spoil a connection in the ways that networks do. */
export interface TcpProxy {
  readonly port: number;
  /** Connections accepted so far. */
  readonly connections: number;
  /** What the clients sent so far, over all connections. */
  readonly sent: string;
  /** Resolves when so many connections have ended. */
  closed(times: number): Promise<void>;
  /** Bytes that the server sent so far, over all connections. */
  readonly received: number;
  /** Cuts each new connection once the server has sent so many bytes. */
  cutAfter(bytes: number): void;
  /** Goes silent on each new connection once the server has sent so many bytes; the connection stays open. */
  stallAfter(bytes: number): void;
  /** Puts a TLS alert (RFC 8446 section 6) in the place of what follows, once the server has sent so many bytes, and ends. */
  alertAfter(bytes: number): void;
  /**
   * Spoils each new connection once the client has sent what fits, `after` further bytes of the server: ends it, resets it or
   * goes silent.
   */
  spoilAt(sent: RegExp, how: 'end' | 'reset' | 'stall', after?: number): void;
  /** Resets each new connection at once. */
  refuse(): void;
  /** Lets the server's bytes through at this pace on each new connection. */
  slow(bytesPerSecond: number): void;
  /** Takes every byte of every connection there is or will be, and answers nothing. */
  swallow(): void;
  /** Lets new connections through unspoiled. */
  pass(): void;
  /** Cuts what is connected now. */
  drop(): void;
  stop(): Promise<void>;
}

type Fault =
  | { readonly kind: 'none' | 'refuse' }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  | { readonly kind: 'end' | 'reset' | 'stall' | 'alert'; readonly bytes: number; readonly sent?: RegExp };

/** A record of type alert, version TLS 1.2, two bytes: fatal, handshake_failure. */
const handshakeFailure = Buffer.from('15030300020228', 'hex');

/** Bytes that a fault still lets through. */
function allowance(fault: Fault): number {
  return 'bytes' in fault && fault.sent === undefined ? fault.bytes : Infinity;
}

/** `from`: the loopback address that the server sees. */
export async function startProxy(target: number, { from = '127.0.0.1' } = {}): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let fault: Fault = { kind: 'none' };
  let connections = 0;
  let received = 0;
  let swallowing = false;
  let sent = '';
  let ended = 0;
  const server = createServer((client) => {
    connections += 1;
    const upstream = connect({ port: target, host: '127.0.0.1', localAddress: from });
    const mine = fault;
    let allowed = allowance(mine);
    const both = [client, upstream];
    for (const socket of both) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        for (const each of both) each.destroy();
      });
    }
    if (mine.kind === 'refuse') client.resetAndDestroy();
    client.on('close', () => (ended += 1));
    client.on('data', (chunk: Buffer) => {
      sent += chunk.toString('latin1');
      if (swallowing) return;
      if ('sent' in mine && mine.sent?.test(chunk.toString('latin1'))) allowed = Math.min(allowed, mine.bytes);
      upstream.write(chunk);
    });
    let slowed = Promise.resolve();
    upstream.on('data', (chunk: Buffer) => {
      if (swallowing) return;
      if (mine.kind === 'slow') {
        slowed = slowed.then(() => drip(client, chunk, mine.bytesPerSecond));
        return;
      }
      const passed = chunk.subarray(0, Math.max(0, Math.min(chunk.length, allowed)));
      allowed -= passed.length;
      received += passed.length;
      if (passed.length > 0) client.write(passed);
      if (passed.length === chunk.length) return;
      if (mine.kind === 'end') client.destroy();
      if (mine.kind === 'alert' && !client.writableEnded) client.end(handshakeFailure);
      if (mine.kind === 'reset') client.resetAndDestroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: portOf(server),
    get connections() {
      return connections;
    },
    get received() {
      return received;
    },
    get sent() {
      return sent;
    },
    closed: async (times) => {
      while (ended < times) await delay(5);
    },
    cutAfter: (bytes) => {
      fault = { kind: 'reset', bytes };
    },
    stallAfter: (bytes) => {
      fault = { kind: 'stall', bytes };
    },
    alertAfter: (bytes) => {
      fault = { kind: 'alert', bytes };
    },
    spoilAt: (sent, how, after = 0) => {
      fault = { kind: how, bytes: after, sent };
    },
    refuse: () => {
      fault = { kind: 'refuse' };
    },
    slow: (bytesPerSecond) => {
      fault = { kind: 'slow', bytesPerSecond };
    },
    swallow: () => {
      swallowing = true;
    },
    pass: () => {
      swallowing = false;
      fault = { kind: 'none' };
    },
    drop,
    stop: async () => {
      drop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Ten pieces a second. */
async function drip(client: Socket, chunk: Buffer, bytesPerSecond: number): Promise<void> {
  const piece = Math.max(1, Math.floor(bytesPerSecond / 10));
  for (let start = 0; start < chunk.length && !client.destroyed; start += piece) {
    client.write(chunk.subarray(start, start + piece));
    await delay(100);
  }
}
