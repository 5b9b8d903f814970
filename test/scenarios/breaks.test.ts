import { describe, expect, it } from 'vitest';
import { forged, list, server, service, signer, temperror } from './auth.js';
import { dayOf, plusDays, reportsOf, timeOf } from './history.js';
import type { Auth, Flow, History, Report, Reporter } from './history.js';
import { hoursAfter, inDigests, morningAfter, now, onStage, play, playOn } from './play.js';

const from = '2026-06-01';
/** Everything went well for two months. */
const breaks = '2026-08-01';
const before = { from, to: plusDays(breaks, -1) };

const two: readonly Reporter[] = [
  { name: 'receiver.example', lagHours: 6, share: 3 },
  { name: 'other.example', lagHours: 9, share: 1 },
];

/** A sending service of two addresses, beside a server of ours that always does well. */
function serviceThat(perDay: number, ...after: readonly Pick<Flow, 'auth' | 'from' | 'to'>[]): History {
  const ips = ['198.51.100.7', '198.51.100.8'];
  const last = after.at(-1)?.to ?? before.to;
  return {
    reporters: two,
    flows: [
      { ips: ['203.0.113.10'], perDay: 400, from, to: last, auth: server.well },
      { ips, perDay, ...before, auth: service.well },
      ...after.map((each) => ({ ips, perDay, ...each })),
    ],
  };
}

describe('a DKIM key that is rotated wrongly at a sending service', () => {
  it('is told at once, critical, with the first report of the first day, and not again', async () => {
    const { told } = await play(serviceThat(200, { auth: service.wrongKey, from: breaks, to: plusDays(breaks, 3) }));
    expect(now(told)).toMatchObject([
      {
        type: 'dmarc.alert.opened',
        rule: 'known_sender_failing',
        domain: 'example.org',
        sender: 'mailer.example',
        class: 'known',
        severity: 'critical',
      },
    ]);
    expect(now(told)[0]?.sourceIps.toSorted()).toEqual(['198.51.100.7', '198.51.100.8']);
    expect(hoursAfter(morningAfter(breaks), now(told)[0])).toBeLessThan(0.1);
    // The reporter with three of four parts is the first.
    expect(now(told)[0]?.summary).toContain('150 of 150 messages failed DMARC');
  });

  it('is told on the first day by a service of ten mails a day', async () => {
    const { told } = await play(serviceThat(10, { auth: service.wrongKey, from: breaks, to: breaks }));
    expect(now(told)).toMatchObject([{ rule: 'known_sender_failing', sender: 'mailer.example' }]);
    expect(hoursAfter(morningAfter(breaks), now(told)[0])).toBeLessThan(24);
  });
});

it('an SPF record that lost a server is a warning at once, although DMARC still passes', async () => {
  const { told } = await play({
    reporters: two,
    flows: [
      { ips: ['203.0.113.10'], perDay: 200, ...before, auth: server.well },
      { ips: ['203.0.113.10'], perDay: 200, from: breaks, to: plusDays(breaks, 2), auth: server.notInSpf },
    ],
  });
  expect(now(told)).toMatchObject([
    { type: 'dmarc.alert.opened', rule: 'mechanism_broken', severity: 'warning', class: 'known' },
  ]);
  expect(now(told)[0]?.summary).toContain('SPF');
  expect(hoursAfter(morningAfter(breaks), now(told)[0])).toBeLessThan(24);
});

it.each([
  ['SPF', server.notInSpf, 'SPF used to pass for this source and now says softfail at all 2 reporters.'],
  ['a key', server.wrongKey, 'The DKIM signature s1._domainkey.example.org is there but does not verify at all 2 reporters.'], // prettier-ignore
  ['signing', server.unsigned, 'The DKIM signature s1._domainkey.example.org that this mail used to carry is missing at all 2 reporters.'], // prettier-ignore
])('of mail that still passes by the other one the finding says why: %s', async (_what, broken, why) => {
  const ips = ['203.0.113.10'];
  const { findings } = await play({
    reporters: two,
    flows: [
      { ips, perDay: 200, ...before, auth: server.well },
      { ips, perDay: 200, from: breaks, to: breaks, auth: broken },
    ],
  });
  const evidence = findings.map((each) => JSON.parse(each.evidence) as unknown);
  expect(evidence).toMatchObject([{ why, reporter_count: 2, header_from: [{ domain: 'example.org', messages: 200 }] }]);
});

describe('one of four servers that stops signing', () => {
  const ips = ['198.51.100.21', '198.51.100.22', '198.51.100.23', '198.51.100.24'] as const;
  const history: History = {
    reporters: two,
    flows: [
      { ips, perDay: 160, ...before, auth: signer.well },
      { ips: ips.slice(1), perDay: 120, from: breaks, to: plusDays(breaks, 4), auth: signer.well },
      { ips: ips.slice(0, 1), perDay: 40, from: breaks, to: plusDays(breaks, 4), auth: signer.unsigned },
    ],
  };

  it('is told within three days, once, with its address', async () => {
    const { told } = await play(history);
    expect(now(told)).toMatchObject([
      { type: 'dmarc.alert.opened', rule: 'known_sender_failing', severity: 'critical', class: 'known' },
    ]);
    expect(now(told)[0]?.sourceIps).toContain(ips[0]);
    expect(hoursAfter(morningAfter(breaks), now(told)[0])).toBeLessThan(72);
  });

  it('is told apart from the other three in the end too, when all of them sign again', async () => {
    const mended = { ips, perDay: 160, from: plusDays(breaks, 5), to: plusDays(breaks, 12), auth: signer.well };
    const { findings } = await play({ ...history, flows: [...history.flows, mended] });
    expect(findings).toMatchObject([{ resolution: 'recovered' }]);
    expect(findings[0]?.evidence).toContain('is missing at 1 of 4 source IPs (198.51.100.21).');
  });
});

it('a domain of three mails a day is told on the first day that all of them fail', async () => {
  const ips = ['203.0.113.10'];
  const { told } = await play({
    flows: [
      { ips, perDay: 3, ...before, auth: server.well },
      { ips, perDay: 3, from: breaks, to: breaks, auth: server.broken },
    ],
  });
  expect(told).toMatchObject([{ route: 'now', rule: 'known_sender_failing', severity: 'critical' }]);
  expect(told[0]?.summary).toContain('3 of 3 messages failed DMARC');
  expect(hoursAfter(morningAfter(breaks), told[0])).toBeLessThan(0.1);
});

it('a sender that resolves, fails again within a day and resolves is one alert, opened once', async () => {
  const ips = ['203.0.113.10'];
  const day = (n: number) => plusDays(breaks, n);
  const history: History = {
    flows: [
      { ips, perDay: 200, ...before, auth: server.well },
      { ips, perDay: 200, from: breaks, to: breaks, auth: server.broken },
      // Two clean days with 400 messages: Wilson's upper bound is 3.84/403.84 = 1 %.
      { ips, perDay: 200, from: day(1), to: day(2), auth: server.well },
      { ips, perDay: 200, from: day(3), to: day(3), auth: server.broken },
      { ips, perDay: 200, from: day(4), to: day(7), auth: server.well },
    ],
  };
  // That of the second break comes 22 hours after the recovery.
  const early = ({ begin }: Report) => (begin === dayOf(day(3)) ? 2 * 3600 : 0);
  const reports = reportsOf(history).map((each) => ({ ...each, arrives: each.arrives - early(each) }));
  const { told, findings } = await onStage((stage) => playOn(stage, reports));
  expect(now(told).map(({ type }) => type)).toEqual(['dmarc.alert.opened', 'dmarc.alert.resolved']);
  // What flaps is told in the digest.
  expect(inDigests(told).map(({ type }) => type)).not.toContain('dmarc.alert.updated');
  expect(hoursAfter(morningAfter(day(2)), now(told)[1])).toBeLessThan(0.1);
  expect(findings).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
});

describe('a report that comes out of line', () => {
  const ips = ['203.0.113.10'];
  const well: History = { flows: [{ ips, perDay: 200, from, to: '2026-08-20', auth: server.well }] };
  const broken = (day: string, last = day) =>
    reportsOf({ flows: [{ ips: ['203.0.113.77'], perDay: 30, from: day, to: day, auth: service.unaligned }] }).map(
      (each) => ({ ...each, reporter: 'slow.example', end: dayOf(plusDays(last, 1)) - 1 }),
    );

  it('ten days late wakes nobody, and is in the digest within a day', async () => {
    const arrives = timeOf('2026-08-20T12:00:00Z');
    const { told } = await play(well, broken('2026-08-09').map((each) => ({ ...each, arrives }))); // prettier-ignore
    expect(now(told)).toEqual([]);
    expect(inDigests(told)).toMatchObject([{ sender: 'mailer.example', sourceIps: ['203.0.113.77'] }]);
    expect(hoursAfter(arrives, told[0])).toBeLessThan(24);
  });

  it('a second time with another period is no second alert', async () => {
    const [first] = broken('2026-08-10');
    if (!first) throw new Error('no report');
    const again = { ...first, begin: first.begin + 3600, end: first.end + 3600, arrives: first.arrives + 7200 };
    const { told, findings } = await play(well, [first, again]);
    expect(now(told).filter(({ type }) => type === 'dmarc.alert.opened')).toHaveLength(1);
    expect(findings).toHaveLength(1);
  });

  it('of three days is one alert', async () => {
    const reports = broken('2026-08-08', '2026-08-10').map((each) => ({ ...each, arrives: each.end + 6 * 3600 }));
    const { told } = await play(well, reports);
    expect(now(told)).toMatchObject([{ type: 'dmarc.alert.opened', sender: 'mailer.example' }]);
    expect(now(told)[0]?.summary).toContain('30 of 30 messages failed DMARC');
  });
});

describe('a reporter that could not ask DNS', () => {
  const ips = ['203.0.113.10'];
  const well: Flow = { ips, perDay: 200, ...before, auth: server.well };
  const failing: Flow = { ips, perDay: 40, from: breaks, to: breaks, auth: temperror };

  it('wakes nobody about a sender of ours', async () => {
    const { told } = await play({ reporters: two, flows: [well, { ...failing, seenBy: ['other.example'] }] });
    expect(now(told)).toEqual([]);
    expect(inDigests(told)).toMatchObject([{ sourceIps: ips, class: 'known', severity: 'warning' }]);
  });

  it('wakes nobody when the mail passes by SPF', async () => {
    const keyless = { ...failing, auth: server.keyNotFetched };
    const { told } = await play({ reporters: two, flows: [well, { ...keyless, seenBy: ['other.example'] }] });
    expect(now(told)).toEqual([]);
    expect(inDigests(told)).toMatchObject([{ rule: 'mechanism_broken', sourceIps: ips, severity: 'warning' }]);
    const both = await play({ reporters: two, flows: [well, keyless] });
    expect(now(both.told)).toMatchObject([{ rule: 'mechanism_broken', sourceIps: ips }]);
  });

  it('wakes nobody by lasting: the reminder is in the digest', async () => {
    const to = plusDays(breaks, 17);
    const seenBy = ['other.example'];
    const { told } = await play({
      reporters: two,
      flows: [
        { ...well, to, seenBy: ['receiver.example'] },
        { ...well, seenBy },
        { ...failing, to, seenBy },
      ],
    });
    expect(now(told)).toEqual([]);
    const types = inDigests(told).map(({ type }) => type);
    expect(types).toEqual(['dmarc.alert.opened', 'dmarc.alert.reminder', 'dmarc.alert.reminder']);
  });

  it('is another matter when a second one could not either', async () => {
    const { told } = await play({ reporters: two, flows: [well, failing] });
    expect(now(told)).toMatchObject([{ sourceIps: ips, rule: 'known_sender_failing', severity: 'critical' }]);
  });

  describe('of a quarter of the mail of ten small servers', () => {
    const reporters = [...two.map((each) => ({ ...each, share: 1 })), { name: 'third.example', lagHours: 3, share: 2 }];
    const servers = Array.from({ length: 10 }, (_, i) => `2001:db8:${i + 1}::1`);
    // Of four messages a day the third reporter sees two, each of the others one.
    const day = (auth: Auth): Flow[] => servers.map((each) => ({ ips: [each], perDay: 4, from: breaks, to: breaks, auth })); // prettier-ignore
    const past = servers.map((each): Flow => ({ ips: [each], perDay: 4, ...before, auth: server.well }));
    const seen = (flows: readonly Flow[], perDay: number, ...seenBy: readonly string[]) =>
      flows.map((each) => ({ ...each, perDay, seenBy }));

    it('wakes nobody', async () => {
      const { told } = await play({
        reporters,
        flows: [
          ...past,
          ...seen(day(server.well), 3, 'receiver.example', 'third.example'),
          ...seen(day(temperror), 1, 'other.example'),
        ],
      });
      expect(now(told)).toEqual([]);
    });

    it('is told of the domain when a second one could not either', async () => {
      const { told } = await play({
        reporters,
        flows: [
          ...past,
          ...seen(day(server.well), 2, 'third.example'),
          ...seen(day(temperror), 2, 'receiver.example', 'other.example'),
        ],
      });
      expect(now(told)).toMatchObject([{ rule: 'domain_alignment_drop' }]);
      expect(now(told)[0]?.summary).toContain('20 of 40 messages of all its senders failed DMARC on 2026-08-01');
    });
  });

  it('wakes nobody about a stranger', async () => {
    const stranger: Flow = { ...failing, ips: ['198.51.100.90'], perDay: 3 };
    const { told } = await play({ flows: [well, stranger] });
    expect(now(told)).toEqual([]);
    expect(inDigests(told)).toMatchObject([{ sourceIps: ['198.51.100.90'], class: 'unknown' }]);
  });
});

describe('a clock that jumps', () => {
  const ips = ['203.0.113.10'];
  const history: History = {
    flows: [
      { ips, perDay: 200, ...before, auth: server.well },
      { ips, perDay: 200, from: breaks, to: breaks, auth: server.broken },
      { ips: ['198.51.100.90'], perDay: 2, from: breaks, to: breaks, auth: forged },
    ],
  };

  it.each([
    ['back by a year', -365 * 24],
    ['ahead by a week', 7 * 24],
  ])('%s loses nothing and tells nothing twice', async (_name, hours) => {
    const { told } = await onStage(async (stage) => {
      await playOn(stage, reportsOf(history), 0.25);
      await stage.arrive(morningAfter(breaks) + hours * 3600, []);
      await stage.until(morningAfter(breaks) + hours * 3600 + 30 * 3600);
    });
    const opened = told.filter(({ type }) => type === 'dmarc.alert.opened');
    expect(opened.map(({ sourceIps }) => sourceIps)).toEqual([['203.0.113.10'], ['198.51.100.90']]);
  });
});

it('a record of a million messages is judged like any other', async () => {
  const ips = ['203.0.113.10'];
  const { told } = await play({
    flows: [
      { ips, perDay: 1_000_000, from: '2026-07-01', to: plusDays(breaks, -1), auth: server.well },
      { ips, perDay: 1_000_000, from: breaks, to: breaks, auth: server.broken },
    ],
  });
  expect(told).toMatchObject([{ route: 'now', rule: 'known_sender_failing' }]);
  expect(told[0]?.summary).toContain('1,000,000 of 1,000,000 messages failed DMARC');
});

it('a mailing list that breaks DKIM, and is called one, wakes nobody', async () => {
  const { told } = await play({
    flows: [
      { ips: ['203.0.113.10'], perDay: 200, from, to: plusDays(breaks, 5), auth: server.well },
      { ips: ['198.51.100.60'], perDay: 40, from: breaks, to: plusDays(breaks, 5), auth: list },
    ],
  });
  expect(now(told)).toEqual([]);
  expect(inDigests(told)).toMatchObject([{ type: 'dmarc.alert.opened', class: 'forwarder', sender: 'list.example' }]);
  expect(hoursAfter(morningAfter(breaks), told[0])).toBeLessThan(24);
});
