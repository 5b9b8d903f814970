import { limits } from '../../config/limits.js';
import type { Notice } from '../notice.js';
import { timeText } from '../payload.js';
import type { ChannelType } from './channel.js';
import { postJson, toneOf } from './channel.js';
import { fit } from './text.js';

const colours = { critical: 0xd32f2f, warning: 0xf57c00, info: 0x1976d2, over: 0x388e3c } as const;
const marks = /[\\`*_~|>#[\]():@<]/;
const footer = 'ruawatch';

/** Discord reads Markdown, mentions and bare links; a backslash takes the meaning from every mark. */
function escape(char: string): string {
  return marks.test(char) ? `\\${char}` : char;
}

/** Discord webhook: one embed, and no mention is ever acted on. */
export const discord: ChannelType = {
  render: (notice) => JSON.stringify({ embeds: [embedOf(notice)], allowed_mentions: { parse: [] } }),
  send: ({ body }, channel, deps) => postJson(body, { url: channel.url ?? '', channel }, deps),
  spacingMs: 500,
};

function embedOf(notice: Notice): object {
  const title = fit(notice.title, limits.discordTitleChars, escape);
  const description = fit(notice.lines.join('\n'), limits.discordTextChars, escape);
  const room = limits.discordChars - title.length - description.length - footer.length;
  return {
    title,
    description,
    ...(notice.link === null ? {} : { url: notice.link }),
    color: colours[toneOf(notice)],
    fields: fieldsOf(notice, room),
    timestamp: timeText(notice.message.at),
    footer: { text: footer },
  };
}

function fieldsOf({ facts }: Notice, room: number): object[] {
  const fields: object[] = [];
  let left = room;
  for (const fact of facts.slice(0, limits.discordFields)) {
    const name = fit(fact.name, limits.discordFieldNameChars, escape);
    const value = fit(fact.value, limits.discordFieldChars, escape);
    left -= name.length + value.length;
    if (left < 0) break;
    fields.push({ name, value, inline: true });
  }
  return fields;
}
