import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { portOf } from './ports.js';

/** A proxy on loopback that can spoil a connection in the ways that networks do. */
export interface TcpProxy {
  readonly port: number;
  /** Connections accepted so far. */
  readonly connections: number;
  /** Bytes that the server sent so far, over all connections. */
  readonly received: number;
  /** Cuts each new connection once the server has sent so many bytes. */
  cutAfter(bytes: number): void;
  /** Goes silent on each new connection once the server has sent so many bytes; the connection stays open. */
  stallAfter(bytes: number): void;
  /** Lets new connections through unspoiled. */
  pass(): void;
  /** Cuts what is connected now. */
  drop(): void;
  stop(): Promise<void>;
}

type Fault = { readonly kind: 'none' } | { readonly kind: 'cut' | 'stall'; readonly bytes: number };

/** `from`: the loopback address that the server sees. */
export async function startProxy(target: number, { from = '127.0.0.1' } = {}): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let fault: Fault = { kind: 'none' };
  let connections = 0;
  let received = 0;
  const server = createServer((client) => {
    connections += 1;
    const upstream = connect({ port: target, host: '127.0.0.1', localAddress: from });
    const mine = fault;
    let passed = 0;
    const both = [client, upstream];
    for (const socket of both) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        for (const each of both) each.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      const allowed = mine.kind === 'none' ? chunk.length : Math.max(0, Math.min(chunk.length, mine.bytes - passed));
      passed += allowed;
      received += allowed;
      if (allowed > 0) client.write(chunk.subarray(0, allowed));
      if (allowed < chunk.length && mine.kind === 'cut') client.resetAndDestroy();
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
    cutAfter: (bytes) => {
      fault = { kind: 'cut', bytes };
    },
    stallAfter: (bytes) => {
      fault = { kind: 'stall', bytes };
    },
    pass: () => {
      fault = { kind: 'none' };
    },
    drop,
    stop: async () => {
      drop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
