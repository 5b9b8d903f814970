import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { systemClock, type Clock } from '../base/clock.js';
import { listen, loopback } from './loopback.js';

/** A delivery that arrived. */
export interface WebhookEvent {
  /** The `webhook-id` header; "" when there is none. */
  readonly id: string;
  /** The body's `type`; "" when there is none. */
  readonly type: string;
  /** The body as JSON, or as text when it is none. */
  readonly body: unknown;
  /** Signed with the secret, and not long ago. */
  readonly verified: boolean;
}

export interface WebhookSinkOptions {
  /** `whsec_` and the key in base64. */
  readonly secret: string;
  readonly onEvent: (event: WebhookEvent) => void;
  /** 256 KiB when absent; more is answered with 413. */
  readonly maxBodyBytes?: number;
  readonly clock?: Clock;
}

/** Receives Standard Webhooks on the loopback interface: 204 when the signature is right, else 401. */
export interface WebhookSink {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens on a free port. Rejects when there is none. */
export async function openWebhookSink(options: WebhookSinkOptions): Promise<WebhookSink> {
  const clock = options.clock ?? systemClock;
  const server = createServer((request, response) => {
    receive(request, response, options, clock).catch(() => request.destroy());
  });
  const port = await listen(server);
  return {
    url: `http://${loopback}:${port}/webhook`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  { secret, onEvent, maxBodyBytes = 256 * 1024 }: WebhookSinkOptions,
  clock: Clock,
): Promise<void> {
  if (request.method !== 'POST') return answer(response, 405);
  const body = await readBody(request, maxBodyBytes);
  if (body === null) return answer(response, 413);
  const verified = isSigned(request, body, secret, clock.now() / 1000);
  const content = parsed(body);
  onEvent({ id: header(request, 'webhook-id'), type: typeOf(content), body: content, verified });
  answer(response, verified ? 204 : 401);
}

function answer(response: ServerResponse, status: number): void {
  // The rest of a refused body is not worth reading
  if (status === 413) response.setHeader('connection', 'close');
  response.writeHead(status).end();
}

/** Null when there is more than `max` bytes. */
async function readBody(request: IncomingMessage, max: number): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length;
    if (size > max) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

/** Deliveries older or newer than this are replays or clocks gone wrong. */
const toleranceSeconds = 300;

/** Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`; one of several signatures is enough. */
function isSigned(request: IncomingMessage, body: string, secret: string, now: number): boolean {
  const id = header(request, 'webhook-id');
  const timestamp = header(request, 'webhook-timestamp');
  if (id === '' || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now - Number(timestamp)) > toleranceSeconds) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  return header(request, 'webhook-signature')
    .split(' ')
    .some((signature) => signature.startsWith('v1,') && equal(Buffer.from(signature.slice(3), 'base64'), expected));
}

function equal(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}

function typeOf(content: unknown): string {
  if (typeof content !== 'object' || content === null || !('type' in content)) return '';
  return typeof content.type === 'string' ? content.type : '';
}
