import { describe, expect, it } from 'vitest';
import { forged, server, service } from './auth.js';
import { dayOf, plusDays, reportsOf, timeOf } from './history.js';
import type { Flow, History, Reporter } from './history.js';
import { hoursAfter, inDigests, morningAfter, now, onStage, play, playOn } from './play.js';

const from = '2026-06-01';
const changes = '2026-08-01';
const ours: Flow = { ips: ['203.0.113.10'], perDay: 300, from, to: plusDays(changes, 6), auth: server.well };

describe('a policy that is taken back from reject to none', () => {
  const two: readonly Reporter[] = [
    { name: 'receiver.example', lagHours: 6, share: 1 },
    { name: 'other.example', lagHours: 9, share: 1 },
  ];
  const policy = (day: string) => ({ p: day < changes ? 'reject' : 'none' });
  const reports = reportsOf({ reporters: two, flows: [ours], policy });
  /** Says reject, of a day before the change; comes days after it. */
  const straggler = reports
    .filter(({ begin, reporter }) => begin === dayOf(plusDays(changes, -2)) && reporter === 'other.example')
    .map((each) => ({ ...each, id: 'late', begin: each.begin + 1, arrives: timeOf('2026-08-05T12:00:00Z') }));

  it('is told at once when the second report says so, and once, whatever an old report says', async () => {
    const { told } = await onStage((stage) => playOn(stage, [...reports, ...straggler]));
    expect(now(told)).toMatchObject([
      { type: 'dmarc.alert.opened', rule: 'policy_weakened', severity: 'critical', domain: 'example.org' },
    ]);
    expect(now(told)[0]?.summary).toContain('reject');
    // The other reporter's report of the day comes three hours later.
    expect(hoursAfter(morningAfter(changes), now(told)[0])).toBeCloseTo(3, 1);
  });
});

describe('reports that stop coming', () => {
  it('are missed within three days, and once', async () => {
    const { told } = await play({ flows: [ours] }, [], 6);
    expect(now(told)).toMatchObject([{ rule: 'reports_missing', severity: 'warning', domain: 'example.org' }]);
    // 48 hours of silence at least: the gap is a day.
    expect(hoursAfter(morningAfter(plusDays(changes, 6)), now(told)[0])).toBeGreaterThanOrEqual(48);
    expect(hoursAfter(morningAfter(plusDays(changes, 6)), now(told)[0])).toBeLessThan(73);
  });

  describe('at weekends, as nobody sends mail then', () => {
    /** They come at different hours, so that a weekend is one gap of many. */
    const many: readonly Reporter[] = [3, 7, 11, 15, 19].map((lagHours) => ({
      name: `receiver${lagHours}.example`,
      lagHours,
      share: 1,
    }));
    /** Monday is the first day. */
    const reports = reportsOf({ reporters: many, flows: [{ ...ours, perDay: 100 }] }).filter(
      ({ begin }) => ![0, 6].includes(new Date(begin * 1000).getUTCDay()),
    );

    it('are not missed, from the first one on', async () => {
      const { told } = await onStage((stage) => playOn(stage, reports));
      expect(told).toEqual([]);
    });

    it('are missed when they do not come after it either', async () => {
      const last = dayOf('2026-07-31');
      const { told } = await onStage((stage) => playOn(stage, reports.filter(({ begin }) => begin <= last), 6)); // prettier-ignore
      expect(now(told)).toMatchObject([{ rule: 'reports_missing' }]);
      // From Saturday 19:00 to Tuesday 03:00 are 56 hours, and half of it more.
      expect(hoursAfter(last + (24 + 19) * 3600, now(told)[0])).toBeCloseTo(84, 0);
    });
  });

  it('for a day are no reason to say anything', async () => {
    const gap = '2026-07-20';
    const reports = reportsOf({ flows: [ours] }).filter(({ begin }) => begin !== dayOf(gap));
    const { told } = await onStage((stage) => playOn(stage, reports));
    expect(told).toEqual([]);
  });
});

/** Six months in which a service broke on the last day, another one fails all the time, and forged mail comes and goes. */
function halfAYear(): History {
  const first = '2026-02-01';
  const last = '2026-07-31';
  const day = (n: number) => plusDays(first, n);
  return {
    flows: [
      { ips: ['203.0.113.10'], perDay: 300, from: first, to: last, auth: server.well },
      { ips: ['198.51.100.7'], perDay: 100, from: first, to: plusDays(last, -1), auth: service.well },
      { ips: ['198.51.100.7'], perDay: 100, from: last, to: last, auth: service.wrongKey },
      ...Array.from({ length: 90 }, (_, i): Flow => {
        const ip = `2001:db8:${(i + 1).toString(16)}::1`;
        return { ips: [ip], perDay: 1, from: day(i * 2), to: day(i * 2), auth: forged };
      }),
    ],
  };
}

describe('a first start over six months of reports', () => {
  it('wakes nobody, and is one summary', async () => {
    const { told } = await onStage(async (stage) => {
      await stage.arrive(morningAfter('2026-07-31'), reportsOf(halfAYear()));
      await stage.until(morningAfter('2026-07-31') + 86_400);
    });
    expect(now(told)).toEqual([]);
    expect(new Set(told.map(({ at }) => at)).size).toBe(1);
    expect(inDigests(told)).toContainEqual(
      expect.objectContaining({ rule: 'known_sender_failing', sender: 'mailer.example' }),
    );
  });

  it('says what fails now, at one moment, and nothing of what is over', async () => {
    const { told } = await onStage(async (stage) => {
      await stage.arrive(morningAfter('2026-07-31'), reportsOf(halfAYear()));
      await stage.until(morningAfter('2026-07-31') + 86_400);
    });
    expect(new Set(told.map(({ at }) => at)).size).toBe(1);
    expect(told.some(({ sender }) => sender === 'mailer.example')).toBe(true);
    expect(told.flatMap(({ sourceIps }) => sourceIps)).not.toContain('2001:db8:1::1');
  });
});
