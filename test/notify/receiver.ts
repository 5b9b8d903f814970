import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../src/base/clock.js';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A webhook receiver on loopback. Answers what `answers` says, in order; 204 when there is nothing left. */
export class Receiver {
  readonly received: Received[] = [];
  readonly answers: ((response: ServerResponse) => void)[] = [];
  readonly #server: Server;
  #waiting: (() => void)[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.received.push({
          path: request.url ?? '',
          headers: request.headers,
          body: Buffer.concat(chunks).toString(),
        });
        const answer = this.answers.shift();
        if (answer) answer(response);
        else response.writeHead(204).end();
        for (const each of this.#waiting.splice(0)) each();
      });
    });
  }

  async open(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook/very-secret-path`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Resolves when `count` requests have been received. */
  async requests(count: number): Promise<void> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

export function status(
  code: number,
  headers: Record<string, string> = {},
  body = '',
): (response: ServerResponse) => void {
  return (response) => void response.writeHead(code, headers).end(body);
}

/** Time that moves by hand: a sleep ends when it is advanced past, or aborted. */
export class HandClock implements Clock {
  #now: number;
  #sleeps: { until: number; wake: () => void }[] = [];
  #watchers: (() => void)[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const entry = { until: this.#now + ms, wake: resolve };
      if (signal.aborted) return resolve();
      signal.addEventListener('abort', () => this.#end(entry), { once: true });
      this.#sleeps.push(entry);
      for (const each of this.#watchers.splice(0)) each();
    });
  }

  #end(entry: { until: number; wake: () => void }): void {
    this.#sleeps = this.#sleeps.filter((each) => each !== entry);
    entry.wake();
  }

  /** Resolves when somebody sleeps, or that many do. */
  async idle(sleepers = 1): Promise<void> {
    while (this.#sleeps.length < sleepers) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  /** Moves time, waking who is due, and waits until everybody sleeps again. */
  async advance(ms: number, sleepers = 1): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await this.idle(sleepers);
      const next = Math.min(...this.#sleeps.map((each) => each.until));
      if (next > end) break;
      this.#now = next;
      for (const each of this.#sleeps.filter((sleep) => sleep.until <= next)) this.#end(each);
    }
    this.#now = end;
  }
}
