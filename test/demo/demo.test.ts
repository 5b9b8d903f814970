import { ImapFlow } from 'imapflow';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { countMails, generateMails, openDemo, type Demo, type WebhookEvent } from '../../src/demo/demo.js';

/** 2026-03-31. */
const until = 1_774_915_200;
/** 02:00 on the next morning: some reports of the day are still on their way. */
const clock = { now: () => (until + 86_400 + 7200) * 1000, sleep: () => Promise.resolve() };

async function readAll({ imap }: Demo): Promise<readonly { source: Buffer | undefined; received: number }[]> {
  const client = new ImapFlow({
    host: imap.host,
    port: imap.port,
    secure: false,
    doSTARTTLS: false,
    auth: { user: imap.user, pass: imap.password },
    logger: false,
  });
  await client.connect();
  await client.mailboxOpen('INBOX');
  const found = await client.fetchAll('1:*', { source: true, internalDate: true }, { uid: true });
  await client.logout();
  return found.map(({ source, internalDate }) => ({
    source,
    received: new Date(internalDate ?? 0).getTime() / 1000,
  }));
}

describe('the demo', () => {
  it('puts every generated mail into the mailbox, none from the future', async () => {
    const demo = await openDemo({ until, days: 4, clock });
    try {
      const expected = [...generateMails({ until, days: 4 })];
      const found = await readAll(demo);
      expect(demo.mails).toBe(expected.length);
      expect(found.map(({ source }) => source)).toEqual(expected.map(({ raw }) => raw));
      expect(found.map(({ received }) => received)).toEqual(
        expected.map(({ receivedAt }) => Math.min(receivedAt, until + 86_400 + 7200)),
      );
      expect(demo.facts.breaking).toMatchObject({ domain: 'acme.example', from: until });
    } finally {
      await demo.close();
    }
  });

  it('tells its progress up to the end', async () => {
    const seen: (readonly [number, number])[] = [];
    const demo = await openDemo({ until, days: 3, onProgress: (made, total) => seen.push([made, total]) });
    await demo.close();
    const total = countMails({ until, days: 3 });
    expect(seen.at(-1)).toEqual([total, total]);
    expect(seen.length).toBeGreaterThan(1);
  });

  it('hands on webhooks signed with its secret', async () => {
    const events: WebhookEvent[] = [];
    const demo = await openDemo({ until, days: 1, mails: 1, clock, onWebhook: (event) => events.push(event) });
    const body = '{"type":"dmarc.test","data":{}}';
    const at = clock.now();
    const signature = new Webhook(demo.webhook.secret).sign('msg_7', new Date(at), body);
    const headers = { 'webhook-id': 'msg_7', 'webhook-timestamp': String(at / 1000), 'webhook-signature': signature };
    const response = await fetch(demo.webhook.url, { method: 'POST', headers, body });
    await demo.close();
    expect(response.status).toBe(204);
    expect(events).toEqual([
      { id: 'msg_7', type: 'dmarc.test', body: { type: 'dmarc.test', data: {} }, verified: true },
    ]);
  });

  it('stops making mails when it is aborted', async () => {
    const abort = new AbortController();
    const opening = openDemo({ until, days: 90, signal: abort.signal, onProgress: () => abort.abort() });
    await expect(opening).rejects.toMatchObject({ name: 'Failure' });
  });
});
