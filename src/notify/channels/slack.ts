import { limits } from '../../config/limits.js';
import type { Notice } from '../notice.js';
import type { ChannelType } from './channel.js';
import { postJson } from './channel.js';
import { fit } from './text.js';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Slack reads mentions and links between < and >. */
function escape(char: string): string {
  return entities[char] ?? char;
}

/** Slack incoming webhook. Everything is plain text: no name can become a link, a mention or markup. */
export const slack: ChannelType = {
  render: (notice) =>
    JSON.stringify({ text: fit(notice.title, limits.slackTextChars, escape), blocks: blocksOf(notice) }),
  send: ({ body }, channel, deps) => postJson(body, { url: channel.url ?? '', channel }, deps),
  spacingMs: 1_100,
};

function blocksOf({ title, lines, facts, link }: Notice): object[] {
  const words = [lines.join('\n'), facts.map(({ name, value }) => `${name}: ${value}`).join('\n')];
  return [
    { type: 'header', text: plain(title, limits.slackHeaderChars) },
    ...words
      .filter((each) => each !== '')
      .map((each) => ({ type: 'section', text: plain(each, limits.slackTextChars) })),
    ...(link === null
      ? []
      : [{ type: 'actions', elements: [{ type: 'button', text: plain('Open', limits.slackHeaderChars), url: link }] }]),
  ];
}

function plain(text: string, max: number): object {
  return { type: 'plain_text', text: fit(text, max, escape), emoji: false };
}
