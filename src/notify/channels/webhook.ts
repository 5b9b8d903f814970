import { signedHeaders } from '../signature.js';
import { bodyOf } from '../payload.js';
import type { ChannelType } from './channel.js';
import { postJson } from './channel.js';

/** Standard Webhooks 1.0; docs/webhook.md. */
export const webhook: ChannelType = {
  keeps: 'alerts',
  render: ({ message }) => bodyOf(message),
  send: ({ id, body }, channel, deps) => {
    const seconds = Math.floor(deps.clock.now() / 1000);
    const headers = signedHeaders(id, body, channel.secret ?? '', seconds);
    return postJson(body, { url: channel.url ?? '', channel, headers }, deps);
  },
};
