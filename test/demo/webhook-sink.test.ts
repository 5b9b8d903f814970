import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWebhookSink, type WebhookEvent, type WebhookSink } from '../../src/demo/demo.js';

const now = 1_774_938_615;
const secret = `whsec_${randomBytes(32).toString('base64')}`;
const clock = { now: () => now * 1000, sleep: () => Promise.resolve() };
const body = JSON.stringify({ type: 'dmarc.test', timestamp: '2026-03-31T06:30:15Z', data: { city: 'Zürich' } });

let events: WebhookEvent[];
let sink: WebhookSink;

beforeEach(async () => {
  events = [];
  sink = await openWebhookSink({ secret, onEvent: (event) => events.push(event), maxBodyBytes: 200, clock });
});

afterEach(() => sink.close());

interface Delivery {
  readonly body?: string;
  readonly at?: number;
  readonly key?: string;
  readonly signature?: string;
}

function post({ body: sent = body, at = now, key = secret, signature }: Delivery = {}): Promise<Response> {
  const signed = signature ?? new Webhook(key).sign('msg_1', new Date(at * 1000), sent);
  const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': String(at), 'webhook-signature': signed };
  return fetch(sink.url, { method: 'POST', headers, body: sent });
}

describe('the webhook sink', () => {
  it('accepts what the standardwebhooks package signs', async () => {
    expect((await post()).status).toBe(204);
    expect(events).toEqual([{ id: 'msg_1', type: 'dmarc.test', body: JSON.parse(body) as unknown, verified: true }]);
  });

  it('accepts one right signature among several', async () => {
    const right = new Webhook(secret).sign('msg_1', new Date(now * 1000), body);
    expect((await post({ signature: `v1,AAAA v1a,BBBB ${right}` })).status).toBe(204);
  });

  it('refuses another key, a changed body, a foreign version and an old or early timestamp, and tells so', async () => {
    const right = new Webhook(secret).sign('msg_1', new Date(now * 1000), body);
    const other = `whsec_${randomBytes(32).toString('base64')}`;
    expect((await post({ key: other })).status).toBe(401);
    expect((await post({ body: body.replace('Zürich', 'Bern'), signature: right })).status).toBe(401);
    expect((await post({ signature: right.replace('v1,', 'v2,') })).status).toBe(401);
    expect((await post({ at: now - 301 })).status).toBe(401);
    expect((await post({ at: now + 301 })).status).toBe(401);
    expect(events.map(({ verified }) => verified)).toEqual([false, false, false, false, false]);
    expect((await post({ at: now - 300 })).status).toBe(204);
  });

  it('refuses a delivery without the headers', async () => {
    expect((await fetch(sink.url, { method: 'POST', body })).status).toBe(401);
    expect(events).toEqual([{ id: '', type: 'dmarc.test', body: JSON.parse(body) as unknown, verified: false }]);
  });

  it('passes on a body that is no JSON as text', async () => {
    expect((await post({ body: 'hello' })).status).toBe(204);
    expect(events).toEqual([{ id: 'msg_1', type: '', body: 'hello', verified: true }]);
  });

  it('reads up to its bound and no further', async () => {
    expect((await post({ body: 'x'.repeat(200) })).status).toBe(204);
    expect((await post({ body: 'x'.repeat(201) })).status).toBe(413);
    expect(events).toHaveLength(1);
  });

  it('takes nothing but POST', async () => {
    expect((await fetch(sink.url)).status).toBe(405);
    expect(events).toEqual([]);
  });
});
