import { describe, expect, it } from 'vitest';
import { discreet, forwarder, server } from './auth.js';
import { plusDays } from './history.js';
import type { Flow } from './history.js';
import { hoursAfter, inDigests, morningAfter, now, play } from './play.js';

const from = '2026-06-01';
const breaks = '2026-08-01';
const before = { from, to: plusDays(breaks, -1) };
const day = (n: number) => plusDays(breaks, n);
/** Signs with s1. */
const ours: Flow = { ips: ['203.0.113.10'], perDay: 300, from, to: day(6), auth: server.well };

describe('a forwarder that spoils a part of what it passes on', () => {
  const ips = ['198.51.100.60'];
  const spoiling: Flow = { ips, perDay: 6, from: breaks, to: day(2), auth: forwarder.spoiling };

  it('wakes nobody, and is in the digest', async () => {
    const { told } = await play({
      flows: [ours, { ips, perDay: 20, from, to: day(6), auth: forwarder.rewriting }, spoiling],
    });
    expect(now(told)).toEqual([]);
    expect(inDigests(told)[0]).toMatchObject({ class: 'forwarder', type: 'dmarc.alert.opened' });
  });

  it('wakes nobody either where the service whose mail it is looks passed on too', async () => {
    const service: Flow = { ips: ['198.51.100.7'], perDay: 200, from, to: day(2), auth: discreet.well };
    const { told } = await play({
      flows: [
        service,
        { ips, perDay: 40, from, to: day(2), auth: forwarder.ofService },
        { ips, perDay: 12, from: breaks, to: day(2), auth: forwarder.spoilingService },
      ],
    });
    expect(now(told)).toEqual([]);
    expect(inDigests(told)[0]).toMatchObject({ class: 'forwarder', sender: 'forwarder.example' });
  });

  it('is told at once, once and as known, when nothing of it passes any more', async () => {
    const { told, findings } = await play({
      flows: [
        ours,
        { ips, perDay: 20, from, to: day(2), auth: forwarder.rewriting },
        spoiling,
        { ips, perDay: 26, from: day(3), to: day(6), auth: forwarder.spoiling },
      ],
    });
    expect(inDigests(told)).toMatchObject([{ class: 'forwarder', severity: 'warning', type: 'dmarc.alert.opened' }]);
    expect(now(told)).toMatchObject([
      { type: 'dmarc.alert.updated', rule: 'known_sender_failing', severity: 'critical', class: 'known' },
    ]);
    // Three days of 6 of 26, and 26 more.
    expect(now(told)[0]?.summary).toContain('; until 2026-08-04 44 of 104');
    expect(hoursAfter(morningAfter(day(3)), now(told)[0])).toBeLessThan(0.1);
    expect(findings).toMatchObject([{ status: 'open' }]);
  });

  it('wakes nobody by the first report of a day, of a reporter that only sees what it spoils', async () => {
    const early = { name: 'early.example', lagHours: 3, share: 1 };
    const late = { name: 'late.example', lagHours: 9, share: 1 };
    const { told } = await play({
      reporters: [early, late],
      flows: [
        ours,
        { ips, perDay: 20, from, to: day(6), auth: forwarder.rewriting, seenBy: [late.name] },
        { ips, perDay: 6, from: breaks, to: breaks, auth: forwarder.spoiling, seenBy: [late.name] },
        { ips, perDay: 12, from: day(1), to: day(6), auth: forwarder.spoiling, seenBy: [early.name] },
      ],
    });
    expect(now(told)).toEqual([]);
    expect(inDigests(told)[0]).toMatchObject({ class: 'forwarder', type: 'dmarc.alert.opened' });
  });
});

describe('a key that breaks for a part of the mail', () => {
  it('of a service that signs for us alone is told at once: nobody else has that key', async () => {
    const ips = ['198.51.100.7', '198.51.100.8'];
    const { told } = await play({
      flows: [
        ours,
        { ips, perDay: 50, ...before, auth: discreet.well },
        { ips, perDay: 35, from: breaks, to: day(6), auth: discreet.well },
        { ips, perDay: 15, from: breaks, to: day(6), auth: discreet.wrongKey },
      ],
    });
    expect(now(told)).toMatchObject([
      { rule: 'known_sender_failing', severity: 'critical', class: 'known', sender: 'mailer.example' },
    ]);
    expect(now(told)[0]?.summary).toContain('15 of 50 messages failed DMARC on 2026-08-01');
  });

  const senders = Array.from({ length: 6 }, (_, i) => {
    const auth = (result: 'pass' | 'fail'): Flow['auth'] => ({
      evaluated: { dkim: result, spf: 'fail' },
      dkim: [{ domain: 'example.org', selector: 's1', result }],
      spf: [{ domain: `mta${i}.example`, result: 'pass' }],
    });
    return { ips: [`203.0.113.${i + 20}`], well: auth('pass'), broken: auth('fail') };
  });
  const flows = senders.flatMap(({ ips, well, broken }) => [
    { ips, perDay: 50, ...before, auth: well },
    { ips, perDay: 35, from: breaks, to: breaks, auth: well },
    { ips, perDay: 15, from: breaks, to: breaks, auth: broken },
  ]);

  it('at six servers is told of each, at one moment, where nobody else sends such mail', async () => {
    const { told } = await play({ flows });
    expect(now(told)).toHaveLength(6);
    expect(new Set(now(told).map(({ rule, class: of, at }) => `${rule} ${of} ${at}`)).size).toBe(1);
    expect(now(told)[0]).toMatchObject({ rule: 'known_sender_failing', class: 'known' });
  });

  it('at six senders that look like forwarders of another one is told at once, of the domain', async () => {
    const { told } = await play({ flows: [...flows, { ...ours, to: breaks }] });
    expect(now(told)).toMatchObject([{ rule: 'domain_alignment_drop', severity: 'warning' }]);
    expect(now(told)[0]?.summary).toContain('90 of 600 messages of all its senders failed DMARC on 2026-08-01');
  });
});
