import { isIPv4 } from 'node:net';
import { Failure } from '../base/failure.js';

/** The two halves of `listen`. Throws a Failure on a port beyond 65535. */
export function listenerOf(listen: string): { readonly host: string; readonly port: number } {
  const colon = listen.lastIndexOf(':');
  const port = Number(listen.slice(colon + 1));
  if (!Number.isInteger(port) || port > 65_535) {
    throw new Failure(`cannot listen on ${listen}: there is no such port`, {
      hint: 'set listen (RUAWATCH_LISTEN) to ADDRESS:PORT with a port up to 65535',
      exitCode: 2,
    });
  }
  return { host: listen.slice(0, colon).replace(/^\[|\]$/g, ''), port };
}

/** Whether only this machine reaches the listener. */
export function isLoopback(listen: string): boolean {
  const { host } = listenerOf(listen);
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
