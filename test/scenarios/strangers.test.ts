import { describe, expect, it } from 'vitest';
import { forged, forgedRejected, forwarder, server, service } from './auth.js';
import { plusDays, reportsOf } from './history.js';
import type { Auth, Flow, History, Row } from './history.js';
import { hoursAfter, inDigests, morningAfter, now, onStage, play, playOn } from './play.js';

const from = '2026-06-01';
const starts = '2026-08-01';
const ours: Flow = { ips: ['203.0.113.10'], perDay: 300, from, to: plusDays(starts, 6), auth: server.well };

describe('a sending service that nobody set up, three mails a day', () => {
  const history: History = {
    flows: [ours, { ips: ['198.51.100.7'], perDay: 3, from: starts, to: plusDays(starts, 4), auth: service.unaligned }],
  };

  it('is in the digest of the first day', async () => {
    const { told } = await play(history);
    expect(told[0]).toMatchObject({
      route: 'digest',
      sender: 'mailer.example',
      class: 'third_party',
      severity: 'info',
    });
    expect(hoursAfter(morningAfter(starts), told[0])).toBeLessThan(24);
  });

  it('is told at once on its second day, as a sender that is not aligned', async () => {
    const { told } = await play(history);
    expect(now(told)).toMatchObject([{ rule: 'new_unaligned_sender', sender: 'mailer.example', severity: 'warning' }]);
    expect(hoursAfter(morningAfter(plusDays(starts, 1)), now(told)[0])).toBeLessThan(0.1);
  });
});

describe('a sending service that nobody set up, from five mails on', () => {
  const flow = { ips: ['198.51.100.7'], perDay: 5, from: starts, to: starts, auth: service.unaligned };

  it('is told at once', async () => {
    const { told } = await play({ flows: [ours, flow] });
    expect(now(told)).toMatchObject([{ sender: 'mailer.example', class: 'third_party', severity: 'warning' }]);
    expect(hoursAfter(morningAfter(starts), now(told)[0])).toBeLessThan(0.1);
  });

  it('is told as a sender that is not aligned', async () => {
    const { told } = await play({ flows: [ours, flow] });
    expect(now(told)).toMatchObject([{ rule: 'new_unaligned_sender' }]);
  });

  it('that uses forty addresses is told once', async () => {
    const ips = Array.from({ length: 40 }, (_, i) => `198.51.100.${i + 100}`);
    const { told } = await play({ flows: [ours, { ...flow, ips, perDay: 200 }] });
    expect(now(told)).toMatchObject([{ sender: 'mailer.example' }]);
    expect(told).toHaveLength(1);
  });
});

/** 5,000 addresses in 5,000 networks, a message each. */
const addresses = Array.from({ length: 5000 }, (_, i) => `2001:db8:${(i + 1).toString(16)}::1`);

function botnet(p: string, auth: Auth) {
  const wave = addresses.map((ip): Row => ({ ip, count: 1, auth }));
  return onStage(async (stage) => {
    const reports = reportsOf({ flows: [ours], policy: () => ({ p }) });
    const flooded = reports.map((each) =>
      each.id.startsWith(starts) ? { ...each, rows: [...each.rows, ...wave] } : each,
    );
    await playOn(stage, flooded);
  });
}

describe('forged mail from 5,000 addresses, a message each', () => {
  it('wakes nobody where the policy is reject, and is told in one digest', async () => {
    const { told } = await botnet('reject', forgedRejected);
    expect(now(told)).toEqual([]);
    expect(told.length).toBeGreaterThan(0);
    const opened = told.filter(({ type }) => type === 'dmarc.alert.opened');
    expect(new Set(opened.map(({ at }) => at)).size).toBe(1);
    expect(hoursAfter(morningAfter(starts), told[0])).toBeLessThan(24);
  });

  it('is one line about a wave in that digest', async () => {
    const { told } = await botnet('reject', forgedRejected);
    expect(told.filter(({ type }) => type === 'dmarc.alert.opened')).toMatchObject([
      { route: 'digest', severity: 'info', domain: 'example.org' },
    ]);
  });

  it('is one alert about a wave where the policy is none', async () => {
    const { told } = await botnet('none', forged);
    expect(now(told)).toMatchObject([
      { rule: 'spoofing_spike', severity: 'warning', domain: 'example.org', class: 'unauthenticated' },
      { rule: 'spoofing_spike', type: 'dmarc.alert.resolved' },
    ]);
    expect(inDigests(told)).toEqual([]);
    // Of 5,000 messages of a network each the loudest are as loud as the others.
    expect(now(told)[0]?.summary).toMatch(
      /: 5,000 messages that nothing authenticates on 2026-08-01 \(usual on a day: 0\); 5,000 new source IPs, the most messages from 2001:db8:\S+::\/64 \(1\), \S+ \(1\), \S+ \(1\)$/,
    );
    expect(now(told)[0]?.sourceIps).toHaveLength(20);
    expect(hoursAfter(morningAfter(starts), now(told)[0])).toBeLessThan(0.1);
  });
});

it('a box that the configuration names is told of under that name, as known', async () => {
  const box = { name: 'Our printer', cidr: ['198.51.100.90/32'], ptr: [], dkim: [], spf: [] };
  const flow: Flow = { ips: ['198.51.100.90'], perDay: 2, from: starts, to: starts, auth: forged };
  const { told } = await onStage((stage) => playOn(stage, reportsOf({ flows: [ours, flow] })), { namedSenders: [box] });
  expect(told).toMatchObject([{ sender: 'Our printer', class: 'known', sourceIps: ['198.51.100.90'] }]);
});

describe('a forwarder', () => {
  it.each([
    ['that keeps the envelope', forwarder.plain],
    ['that rewrites the envelope (SRS)', forwarder.rewriting],
  ])('%s is never told of while DKIM survives', async (_name, auth) => {
    const { told } = await play({
      flows: [ours, { ips: ['198.51.100.60'], perDay: 20, from: starts, to: plusDays(starts, 6), auth }],
    });
    expect(told).toEqual([]);
  });
});
