import { describe, expect, test } from 'vitest';
import { limits } from '../../src/config/limits.js';
import type { Message } from '../../src/model/alert.js';
import { channelKinds } from '../../src/model/channel.js';
import type { ChannelKind } from '../../src/model/channel.js';
import { channelTypes } from '../../src/notify/channels/channels.js';
import { fit, fitBytes, visible } from '../../src/notify/channels/text.js';
import { noticeOf } from '../../src/notify/notice.js';
import { composeProblem, composeTest } from '../../src/notify/payload.js';
import { alert, digest, finding, now, resolved, withTexts } from './samples.js';

/** What a body holds, whatever that is. */
type Json = ReturnType<typeof JSON.parse>;

function render(kind: ChannelKind, message: Message): Json {
  return JSON.parse(channelTypes[kind].render(noticeOf(message)) ?? 'null');
}

/** Marks of every kind of markup, mentions, a line break, a turned direction, a header. */
const evil =
  '<!channel> <@U1> @everyone [x](http://evil.example) **b** <img src=x onerror=alert(1)> & "q"\r\nBcc: a@evil.example\u202e\u0000';
const hostile = withTexts(alert({ sender: evil, domain: evil, summary: evil }, { why: evil }), {
  reporters: [evil],
  next_steps: [evil],
});

/** Strings anywhere in a value. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

describe('fit', () => {
  test('leaves what fits, cuts what is one longer, and never cuts an escape or a character in two', () => {
    expect(fit('abcd', 4)).toBe('abcd');
    expect(fit('abcde', 4)).toBe('abc…');
    const doubled = (char: string) => char + char;
    expect(fit('ab', 4, doubled)).toBe('aabb');
    expect(fit('abc', 4, doubled)).toBe('aa…');
    expect(fit('\u{1d11e}\u{1d11e}x', 4)).toBe('\u{1d11e}…');
    expect(fitBytes('ééé', 6)).toBe('ééé');
    expect(fitBytes('éééa', 6)).toBe('é…');
  });
});

test('text from outside is one line without control characters, turned directions and halves of characters', () => {
  expect(visible(' a\r\nb\u202ec\u200bd\ud800 ')).toBe('a bcd\ufffd');
});

describe.each(channelKinds.filter((kind) => kind !== 'webhook'))('%s', (kind) => {
  test('shows no control character and no turned direction of a hostile name', () => {
    for (const text of texts(render(kind, hostile))) {
      // A line break is ours: between paragraphs.
      // eslint-disable-next-line no-control-regex -- control characters are what this is about
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    }
  });

  test('has something to send for an alert, its end, a problem and a test', () => {
    const problem = composeProblem('msg_2', now, { part: 'channel', name: 'ops', summary: 's', next_steps: [] });
    for (const message of [alert(), resolved(), problem, composeTest('msg_3', now)]) {
      expect(channelTypes[kind].render(noticeOf(message))).not.toBeNull();
    }
  });

  test('renders the same message to the same bytes', () => {
    expect(channelTypes[kind].render(noticeOf(alert()))).toBe(channelTypes[kind].render(noticeOf(alert())));
  });
});

describe('slack', () => {
  test('escapes what Slack reads as mentions and links, in plain text only', () => {
    const body = render('slack', hostile);
    for (const text of texts(body)) expect(text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
    expect(body.text).toContain('&lt;!channel&gt;');
    const types = body.blocks.flatMap((each: Json) => (each.text ? [each.text.type] : []));
    expect(new Set(types)).toEqual(new Set(['plain_text']));
  });

  test('keeps header and section within their bounds, escapes included', () => {
    const long = withTexts(alert(), { domain: '&'.repeat(5000), summary: '<'.repeat(9000) });
    const [header, section] = render('slack', long).blocks;
    expect(header.text.text.length).toBeLessThanOrEqual(150);
    expect(header.text.text.length).toBeGreaterThan(140);
    expect(section.text.text.length).toBeLessThanOrEqual(3000);
    expect(section.text.text).toMatch(/(&lt;)…$/);
  });
});

describe('discord', () => {
  test('takes the meaning from markup, links and mentions, and pings nobody', () => {
    const body = render('discord', hostile);
    expect(body.allowed_mentions).toEqual({ parse: [] });
    const [embed] = body.embeds;
    expect(embed.description).toContain('\\@everyone \\[x\\]\\(http\\: //evil.example\\) \\*\\*b\\*\\*');
    expect(embed.description).not.toMatch(/(?<!\\)[[\]<>@*`]/);
  });

  test('keeps every part and the whole within the bounds', () => {
    const pass = Array.from({ length: 30 }, (_, i) => ({ domain: `${i}${'d'.repeat(252)}`, messages: 9, pass: 9 }));
    const many = Array.from({ length: 20 }, (_, n) => finding(n, { summary: 's'.repeat(400) }));
    const message = digest('first_start', many);
    const full = { ...message, data: { ...message.data, pass_rates: pass.map((p) => ({ domain: p.domain, messages: 9, passed: 9, pass_rate: 1 })) } } as Message; // prettier-ignore
    const [embed] = render('discord', full).embeds;
    const sizes = embed.fields.map((field: Json) => field.name.length + field.value.length);
    expect(embed.description.length).toBe(limits.discordTextChars);
    expect(embed.fields.length).toBeGreaterThan(0);
    const total = embed.title.length + embed.description.length + embed.footer.text.length + sum(sizes);
    expect(total).toBeLessThanOrEqual(6000);
    // One more of the same size would not fit.
    expect(total + sizes[0]).toBeGreaterThan(6000);
  });

  test('has at most 25 fields', () => {
    const message = digest('first_start', [finding(1)]);
    const rates = Array.from({ length: 26 }, (_, i) => ({ domain: `d${i}`, messages: 0, passed: 0, pass_rate: null }));
    const body = render('discord', { ...message, data: { ...message.data, pass_rates: rates } });
    expect(body.embeds[0].fields).toHaveLength(25);
  });
});

test('teams: text runs only, which know no markup, and never more than 28 kB', () => {
  const content = (message: Message) => render('teams', message).attachments[0].content;
  const blocks: Json[] = content(hostile).body;
  expect(new Set(blocks.map((each) => each.type))).toEqual(new Set(['RichTextBlock']));
  const many = Array.from({ length: 20 }, (_, n) => finding(n, { summary: '\u{1d11e}'.repeat(120) }));
  const wide = digest('daily', many);
  const lines = { ...wide, data: { ...wide.data, alerts: (wide.data as Json).alerts.map((each: Json) => ({ ...each, summary: '語'.repeat(1000) })) } } as Message; // prettier-ignore
  expect(Buffer.byteLength(JSON.stringify(render('teams', lines)))).toBeLessThanOrEqual(28_000);
  expect(content(lines).body.length).toBeGreaterThan(4);
});

describe('ntfy', () => {
  test('keeps title and message within the bounds, in bytes', () => {
    const at = (n: number) => render('ntfy', withTexts(alert(), { summary: 'é'.repeat(n) })).message;
    expect(Buffer.byteLength(at(5000))).toBeLessThanOrEqual(4096);
    expect(Buffer.byteLength(at(5000))).toBeGreaterThan(4090);
    expect(at(5000)).toMatch(/é…$/);
    expect(at(100)).not.toContain('…');
    expect(render('ntfy', withTexts(alert(), { domain: 'd'.repeat(999) })).title).toHaveLength(250);
  });

  test('maps severities to priorities', () => {
    const priority = (severity: 'critical' | 'warning' | 'info') => render('ntfy', alert({ severity })).priority;
    expect([priority('critical'), priority('warning'), priority('info')]).toEqual([5, 4, 3]);
    expect(render('ntfy', resolved())).toMatchObject({ priority: 3, tags: ['white_check_mark'] });
  });
});

describe('pagerduty', () => {
  test('opens and resolves one incident by the fingerprint', () => {
    const opened = render('pagerduty', alert());
    const over = render('pagerduty', resolved());
    expect(opened).toMatchObject({
      event_action: 'trigger',
      dedup_key: '1'.padStart(64, '0'),
      payload: { severity: 'critical', source: 'example.org', component: 'mailer.example', class: 'known' },
    });
    expect(over).toMatchObject({ event_action: 'resolve', dedup_key: opened.dedup_key });
  });

  test('keeps summary and key within the bounds', () => {
    const summary = (n: number) => render('pagerduty', withTexts(alert(), { summary: 's'.repeat(n) })).payload.summary;
    const room = 1024 - summary(0).length;
    expect(summary(room)).toHaveLength(1024);
    expect(summary(room)).not.toContain('…');
    expect(summary(room + 1)).toHaveLength(1024);
    expect(summary(room + 1)).toContain('…');
    expect(render('pagerduty', withTexts(alert(), { fingerprint: 'f'.repeat(256) })).dedup_key).toHaveLength(255);
  });

  test('makes one incident of many alerts, and none of many that are over', () => {
    expect(render('pagerduty', digest('grouped', [finding(1), finding(2)]))).toMatchObject({ event_action: 'trigger' });
    const over = { status: 'resolved', resolution: 'recovered' } as const;
    expect(render('pagerduty', digest('grouped', [finding(1, over), finding(2, over)]))).toBeNull();
  });
});

describe('alertmanager', () => {
  test('has no digests, and an alert for each of many told at once', () => {
    expect(render('alertmanager', digest('daily', [finding(1)]))).toBeNull();
    expect(render('alertmanager', digest('grouped', [finding(1), finding(2)]))).toHaveLength(2);
  });

  test('cuts an annotation that is too long', () => {
    const summary = (n: number) => render('alertmanager', withTexts(alert(), { summary: 's'.repeat(n) }))[0].annotations.summary; // prettier-ignore
    expect(summary(2000)).toBe('s'.repeat(2000));
    expect(summary(2001)).toBe(`${'s'.repeat(1999)}…`);
  });
});

test('apprise: plain text, cut at its bound', () => {
  const of = (n: number) => render('apprise', withTexts(alert(), { summary: 's'.repeat(n) }));
  expect(of(5)).toMatchObject({ format: 'text', type: 'failure' });
  expect(of(20_000).body).toHaveLength(10_000);
  expect(render('apprise', resolved()).type).toBe('success');
});

test('email: HTML shows hostile text as text, and the subject is one line of at most 200 characters', () => {
  const { subject, html } = render('email', hostile);
  expect(html).not.toContain('<img');
  expect(html).toContain('&lt;img src=x onerror=alert(1)&gt; &amp; &quot;q&quot;');
  expect(subject).not.toMatch(/[\r\n]/);
  expect(render('email', withTexts(alert(), { domain: 'd'.repeat(300) })).subject).toHaveLength(200);
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
