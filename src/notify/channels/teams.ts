import { limits } from '../../config/limits.js';
import type { Notice } from '../notice.js';
import type { ChannelType } from './channel.js';
import { postJson, toneOf } from './channel.js';
import { fit } from './text.js';

const colours = { critical: 'Attention', warning: 'Warning', info: 'Accent', over: 'Good' } as const;
const paragraphChars = 1_000;

/** Microsoft Teams by a Workflows address. Text runs know no Markdown and no mentions, but `{{DATE(…)}}` and its like. */
export const teams: ChannelType = {
  render: (notice) => {
    for (const length of [30, 15, 8, 4]) {
      const body = bodyOf(notice, length);
      if (Buffer.byteLength(body) <= limits.teamsBytes) return body;
    }
    return bodyOf(notice, 1);
  },
  send: ({ body }, channel, deps) => postJson(body, { url: channel.url ?? '', channel }, deps),
  spacingMs: 250,
};

function bodyOf(notice: Notice, length: number): string {
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body: [
      paragraph([{ text: notice.title, weight: 'Bolder', size: 'Large', color: colours[toneOf(notice)] }]),
      ...notice.lines.slice(0, length).map((line) => paragraph([{ text: line }])),
      ...notice.facts
        .slice(0, length)
        .map(({ name, value }) => paragraph([{ text: `${name}: `, weight: 'Bolder' }, { text: value }])),
    ],
    ...(notice.link === null ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open', url: notice.link }] }),
  };
  return JSON.stringify({
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }],
  });
}

interface Run {
  readonly text: string;
  readonly weight?: string;
  readonly size?: string;
  readonly color?: string;
}

function paragraph(runs: readonly Run[]): object {
  const inlines = runs.map((run) => ({
    type: 'TextRun',
    ...run,
    text: fit(run.text.replace(/\{(?=\{)/g, '{ '), paragraphChars),
  }));
  return { type: 'RichTextBlock', inlines };
}
