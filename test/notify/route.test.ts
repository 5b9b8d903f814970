import { describe, expect, test } from 'vitest';
import type { DigestData } from '../../src/model/alert.js';
import type { ChannelRoute } from '../../src/model/channel.js';
import { composeDigest } from '../../src/notify/digest.js';
import type { PlannedMessage } from '../../src/notify/plan.js';
import { isQuiet } from '../../src/notify/quiet.js';
import { address, routed } from '../../src/notify/route.js';
import type { Finding } from '../../src/model/finding.js';
import { alert, finding, head } from './samples.js';

function route(name: string, more: Partial<ChannelRoute> = {}): ChannelRoute {
  return { name, kind: 'webhook', severities: [], domains: [], rules: [], digest: true, weekly: true, ...more };
}

function single(more: Partial<Finding>): PlannedMessage {
  return { message: alert(more), findings: [finding(1, more)], digest: null };
}

function many(kind: DigestData['kind'], findings: readonly Finding[]): PlannedMessage {
  const digest = { kind, findings };
  return { message: composeDigest('msg_d', digest, head).message, findings, digest };
}

const names = (planned: PlannedMessage, channels: readonly ChannelRoute[]) =>
  address([planned], channels, head).map((each) => each.channel);

describe('an alert goes', () => {
  test('to every channel that asks for nothing special, under one id', () => {
    const sent = address([single({})], [route('a'), route('b', { kind: 'slack' })], head);
    expect(sent.map(({ channel, kind, id }) => [channel, kind, id])).toEqual([
      ['a', 'webhook', 'msg_1'],
      ['b', 'slack', 'msg_1'],
    ]);
    expect(sent[0]).toMatchObject({ severity: 'critical', subject: finding(1).fingerprint });
  });

  test('only to channels that keep what is open, or incidents, where it is for them', () => {
    const kinds = ['webhook', 'slack', 'alertmanager', 'pagerduty', 'email'] as const;
    const channels = kinds.map((kind) => route(kind, { kind }));
    expect(names({ ...single({}), onlyFor: 'keepers' }, channels)).toEqual(['webhook', 'alertmanager', 'pagerduty']);
    expect(names({ ...single({}), onlyFor: 'incidents' }, channels)).toEqual(['pagerduty']);
  });

  test('only to channels of its severity', () => {
    const channels = [
      route('critical', { severities: ['critical'] }),
      route('rest', { severities: ['warning', 'info'] }),
    ];
    expect(names(single({ severity: 'critical' }), channels)).toEqual(['critical']);
    expect(names(single({ severity: 'info' }), channels)).toEqual(['rest']);
  });

  test('only to channels of its domain or a domain above it', () => {
    const channels = [route('org', { domains: ['example.org'] }), route('net', { domains: ['example.net'] })];
    expect(names(single({ domain: 'example.org' }), channels)).toEqual(['org']);
    expect(names(single({ domain: 'mail.example.net' }), channels)).toEqual(['net']);
    expect(names(single({ domain: 'notexample.net' }), channels)).toEqual([]);
  });

  test('only to channels of its rule', () => {
    const channels = [
      route('known', { rules: ['known_sender_failing'] }),
      route('new', { rules: ['new_failing_source'] }),
    ];
    expect(names(single({ rule: 'new_failing_source' }), channels)).toEqual(['new']);
  });

  test('about a wave to channels of the rule whose findings are part of it too', () => {
    const channels = [route('known', { rules: ['known_sender_failing'] }), route('new', { rules: ['new_failing_source'] })]; // prettier-ignore
    const wave = (count: number) => {
      const { evidence } = finding(1);
      return single({ rule: 'spoofing_spike', evidence: { ...evidence, sources: [], source_count: count } });
    };
    expect(names(wave(71), channels)).toEqual(['new']);
    expect(names(wave(0), channels)).toEqual([]);
  });
});

describe('a digest', () => {
  const two = [finding(1, { domain: 'example.org', severity: 'info' }), finding(2, { domain: 'example.net' })];

  test('goes to channels that want it; many alerts at once go to the others too', () => {
    const channels = [route('yes'), route('no', { digest: false, weekly: false })];
    expect(names(many('daily', two), channels)).toEqual(['yes']);
    expect(names(many('weekly', two), channels)).toEqual(['yes']);
    expect(names(many('grouped', two), channels)).toEqual(['yes', 'no']);
  });

  test('tells a channel of one domain of that domain only', () => {
    const [sent] = address([many('daily', two)], [route('net', { domains: ['example.net'] })], head);
    const { data } = JSON.parse(sent?.body ?? '') as { data: DigestData };
    expect(data.alerts.map((each) => each.domain)).toEqual(['example.net']);
    expect(data.counts.alerts).toBe(1);
  });

  test('lists every severity, also for a channel that is told of critical ones at once', () => {
    const [sent] = address([many('daily', two)], [route('critical', { severities: ['critical'] })], head);
    expect((JSON.parse(sent?.body ?? '') as { data: DigestData }).data.counts.alerts).toBe(2);
  });

  test('holds what no channel takes at once', () => {
    const warning = finding(1, { severity: 'warning' });
    const critical = [route('critical', { severities: ['critical'] })];
    expect(routed(warning, critical).evidence.route).toBe('digest');
    expect(routed(finding(1), critical).evidence.route).toBe('now');
    expect(routed(warning, [route('critical', { severities: ['critical'], digest: false })]).evidence.route).toBe(
      'now',
    );
  });
});

describe('quiet hours', () => {
  const at = (time: string) => Date.parse(`2026-09-01T${time}Z`);

  test('include their beginning and not their end', () => {
    expect(isQuiet('08:00-12:00', at('07:59:59'))).toBe(false);
    expect(isQuiet('08:00-12:00', at('08:00:00'))).toBe(true);
    expect(isQuiet('08:00-12:00', at('11:59:59'))).toBe(true);
    expect(isQuiet('08:00-12:00', at('12:00:00'))).toBe(false);
  });

  test('may go over midnight', () => {
    expect(isQuiet('22:00-07:00', at('23:00:00'))).toBe(true);
    expect(isQuiet('22:00-07:00', at('06:59:00'))).toBe(true);
    expect(isQuiet('22:00-07:00', at('12:00:00'))).toBe(false);
  });

  test('go by the clock of their zone, in summer and in winter', () => {
    const hours = '22:00-07:00 Europe/Berlin';
    expect(isQuiet(hours, at('20:00:00'))).toBe(true);
    expect(isQuiet(hours, at('05:00:00'))).toBe(false);
    expect(isQuiet(hours, Date.parse('2026-12-01T20:30:00Z'))).toBe(false);
    expect(isQuiet(hours, Date.parse('2026-12-01T05:30:00Z'))).toBe(true);
  });
});
