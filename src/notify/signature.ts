import { createHmac } from 'node:crypto';

/**
 * Headers of one attempt (Standard Webhooks 1.0): HMAC-SHA256 over `id.timestamp.body` with the key that follows `whsec_`.
 * `now`: Unix seconds of this attempt.
 */
export function signedHeaders(id: string, body: string, secret: string, now: number): Record<string, string> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${now}.${body}`).digest('base64');
  return {
    'content-type': 'application/json',
    'user-agent': 'ruawatch',
    'webhook-id': id,
    'webhook-timestamp': String(now),
    'webhook-signature': `v1,${signature}`,
  };
}
