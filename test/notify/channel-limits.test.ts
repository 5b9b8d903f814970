import { describe, expect, test } from 'vitest';
import type { AlertData, Message } from '../../src/model/alert.js';
import { channelKinds } from '../../src/model/channel.js';
import type { ChannelKind } from '../../src/model/channel.js';
import { channelTypes } from '../../src/notify/channels/channels.js';
import { visible } from '../../src/notify/channels/text.js';
import { noticeOf } from '../../src/notify/notice.js';
import type { Notice } from '../../src/notify/notice.js';
import { composeProblem } from '../../src/notify/payload.js';
import { alert, digest, finding, now, withTexts } from './samples.js';

/** What a body holds, whatever that is. */
type Json = ReturnType<typeof JSON.parse>;

function body(kind: ChannelKind, notice: Partial<Notice>): string {
  return channelTypes[kind].render({ ...noticeOf(alert()), ...notice }) ?? '';
}

const parsed = (kind: ChannelKind, notice: Partial<Notice>): Json => JSON.parse(body(kind, notice));
const bytes = (text: string) => Buffer.byteLength(text);

/** A part of a message that is as long as it is told to be. */
type Part = (text: string) => string;

const line = (text: string): Partial<Notice> => ({ lines: [text], facts: [] });
const parts: readonly (readonly [string, number, Part])[] = [
  ['Slack header', 150, (title) => parsed('slack', { title }).blocks[0].text.text],
  ['Slack text', 3_000, (text) => parsed('slack', line(text)).blocks[1].text.text],
  ['Slack fallback', 3_000, (title) => parsed('slack', { title }).text],
  ['Discord title', 256, (title) => parsed('discord', { title }).embeds[0].title],
  ['Discord text', 4_096, (text) => parsed('discord', line(text)).embeds[0].description],
  ['Discord name of a field', 256, (name) => parsed('discord', { facts: [{ name, value: 'v' }] }).embeds[0].fields[0].name],
  ['Discord field', 1_024, (value) => parsed('discord', { facts: [{ name: 'n', value }] }).embeds[0].fields[0].value],
  ['Teams paragraph', 1_000, (text) => parsed('teams', line(text)).attachments[0].content.body[1].inlines[0].text],
  ['ntfy title', 250, (title) => parsed('ntfy', { title }).title],
  ['ntfy message', 4_096, (text) => parsed('ntfy', line(text)).message],
  ['Apprise text', 10_000, (text) => parsed('apprise', { ...line(text), link: null }).body],
  ['subject of a mail', 200, (title) => parsed('email', { title }).subject],
  ['PagerDuty key', 255, (subject) => parsed('pagerduty', { subject }).dedup_key],
]; // prettier-ignore

describe.each(parts)('%s', (_, max, part) => {
  test('holds what is as long as its bound, and cuts what is one longer', () => {
    expect(part('x'.repeat(max))).toBe('x'.repeat(max));
    const cut = part('x'.repeat(max + 1));
    expect(cut).toMatch(/^x+…$/);
    expect(bytes(cut) > max ? cut.length : bytes(cut)).toBe(max);
  });

  test('never holds half a character of four bytes', () => {
    for (const before of ['', 'x', 'xx', 'xxx']) {
      expect(part(before + '\u{1d11e}'.repeat(max))).toMatch(/^x*\u{1d11e}+…$/u);
    }
  });
});

test('a Discord embed holds 6,000 characters, and leaves out the field that is one more', () => {
  const facts = (more: number) => [{ name: 'n', value: 'v'.repeat(799 + more) }, { name: 'm', value: 'w'.repeat(1_000) }]; // prettier-ignore
  // 95 of the title, 4,096 of the text, 8 of the footer, 800 and 1,001 of the fields.
  const sized = (more: number) =>
    parsed('discord', { title: 't'.repeat(95), lines: ['x'.repeat(4_096)], facts: facts(more) }).embeds[0].fields;
  expect(sized(0)).toHaveLength(2);
  expect(sized(1)).toHaveLength(1);
});

test('a message to Teams of 28,000 bytes is whole, and one of a byte more is shortened', () => {
  const lines = (last: number) => [...Array.from({ length: 25 }, () => 'x'.repeat(1_000)), 'y'.repeat(last)];
  const of = (last: number) => body('teams', { lines: lines(last), facts: [] });
  const room = 28_000 - bytes(of(1)) + 1;
  expect(room).toBeGreaterThan(0);
  expect(room).toBeLessThan(1_000);
  expect(bytes(of(room))).toBe(28_000);
  // Fifteen lines and the title.
  expect(JSON.parse(of(room + 1)).attachments[0].content.body).toHaveLength(16);
});

test('a body for ntfy stays within 8,192 bytes with its topic, whatever a message is made of', () => {
  // The topic comes to it when it is sent: 64 characters in "topic":"…", of 11.
  const whole = (text: string) => bytes(body('ntfy', { title: '"'.repeat(250), lines: [text], facts: [] })) + 64 + 11;
  expect(whole('"'.repeat(5_000))).toBeLessThanOrEqual(8_192);
  expect(whole('"'.repeat(5_000))).toBeGreaterThan(8_180);
  expect(whole('\u{1d11e}'.repeat(5_000))).toBeLessThan(8_192);
  expect(parsed('ntfy', line('"'.repeat(2_000))).message).toBe('"'.repeat(2_000));
});

describe.each(channelKinds.filter((kind) => kind !== 'webhook'))('%s, attacked', (kind) => {
  const attacks: Readonly<Record<string, string>> = {
    'marks that turn or hide': 'a\u202eb\u2066c\u200bd\u00ade\u061cf\u3164g\u034fh\u115fi\ufe0fj\u{e0041}k\ufff9l',
    mentions: '@everyone @here <@U1> <!channel> <!here> <#C1> <@&5> &lt;!channel&gt; <at>x</at>',
    links: '[text](https://evil.example) <https://evil.example|text> https://evil.example javascript://x',
    markup: '**b** __u__ ~~s~~ `c` # h > q || s || <img src=x onerror=y> <b>',
    templates: '{{DATE(2026-09-01T00:00:00Z)}} {{{x}}} {{ .Labels }} %s %0A',
  };
  const messages = (evil: string): Message[] => {
    const texts = { summary: evil, why: evil, domain: evil, reporters: [evil], next_steps: [evil] };
    const source = { ...(alert().data as AlertData).source, group: evil };
    const names = { part: 'channel', name: 'ops', summary: evil, next_steps: [evil] } as const;
    return [
      withTexts(alert(), { ...texts, source }),
      digest('grouped', [finding(1, { summary: evil, sender: evil, domain: evil }), finding(2)]),
      composeProblem('msg_p', now, names),
    ];
  };
  const shown = (evil: string) => messages(evil).map((each) => channelTypes[kind].render(noticeOf(each)) ?? '[]');

  test.each(Object.keys(attacks))('by %s', (name) => {
    for (const text of shown(attacks[name] ?? '')) {
      expect(text).not.toMatch(/[\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\ufff9]/u);
      // Our own links are the only ones.
      const addresses = text.replaceAll(/https:\/\/rua\.example\.org|http:\/\/adaptivecards\.io/g, '');
      expect(addresses).not.toMatch(/\w:\/\//);
    }
  });

  test('by a name of a hundred thousand characters', () => {
    for (const text of shown('\u{1d11e}"@<'.repeat(25_000))) {
      expect(() => JSON.parse(text) as unknown).not.toThrow();
      expect(text).not.toMatch(/\\ud[89ab]/);
    }
  });
});

test('Apprise finds no mention and no masked link in a text', () => {
  const evil = '@everyone <@5> <!channel> [x](y)';
  const { title, body: text } = parsed('apprise', { title: evil, lines: [evil], facts: [{ name: evil, value: evil }] });
  for (const each of [title, text]) expect(each).not.toMatch(/[@<]|\]\(/);
  expect(title).toBe('＠everyone ‹＠5> ‹!channel> [x] (y)');
});

test('Teams finds no function of its own in a text', () => {
  const content = parsed('teams', { title: '{{DATE(x)}}', lines: ['{{{TIME(x)}}}'], facts: [] }).attachments[0].content;
  const texts = content.body.map((each: Json) => each.inlines[0].text);
  expect(texts).toEqual(['{ {DATE(x)}}', '{ { {TIME(x)}}}']);
});

test('an address in a name is no address any more, and what shows nothing is gone', () => {
  expect(visible('renew at https://evil.example')).toBe('renew at https: //evil.example');
  expect(visible('\u3164a\u200b\u{e0041}\u00a0')).toBe('a');
});
