import type { Server } from 'node:net';
import { Failure, messageOf } from '../base/failure.js';

export const loopback = '127.0.0.1';

/** Listens on a free port of the loopback interface and resolves with it; rejects with a Failure. */
export function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void =>
      reject(new Failure(`could not listen on ${loopback}: ${messageOf(error)}`, { cause: error }));
    server.once('error', fail);
    server.listen(0, loopback, () => {
      server.off('error', fail);
      const address = server.address();
      if (typeof address === 'object' && address) resolve(address.port);
      else fail('the server has no address');
    });
  });
}
