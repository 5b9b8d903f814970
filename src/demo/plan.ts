import { daySeconds } from '../base/clock.js';
import type { DemoMailKind, ScenarioOptions } from './demo-mail.js';
import { policyDomains, type PolicyDomain } from './policy-domains.js';
import { openRandom, type Random } from './random.js';
import type { Reporter } from './reporter.js';
import { reporters, smallSite } from './reporters.js';

/** A mail that is going to be made. */
export interface Entry {
  readonly kind: DemoMailKind;
  /** Midnight UTC, Unix seconds. */
  readonly day: number;
  readonly receivedAt: number;
  /** Differs from mail to mail: sixteen hex digits. */
  readonly token: string;
  /** Null for mails that are no report. */
  readonly about: { readonly reporter: Reporter; readonly domain: PolicyDomain; readonly index: number } | null;
}

/** Reporters from which the domain with the breaking sender hears every day. */
const alwaysHeard = 3;

/** One day of one domain. */
interface Cell {
  readonly seed: number;
  readonly day: number;
  readonly domain: PolicyDomain;
  readonly index: number;
}

/** Every mail of the scenario, in the order of arrival. */
export function planMails(options: ScenarioOptions): readonly Entry[] {
  const domains = policyDomains(options.domains ?? 12);
  const seed = options.seed ?? 1;
  const days = Array.from({ length: options.days }, (_, nth) => options.until - (options.days - 1 - nth) * daySeconds);
  const cells = days.flatMap((day) => domains.map((domain, index) => ({ seed, day, domain, index })));
  const usual = [
    ...cells.flatMap((cell) => reportsOf(cell, options.reportersPerDay ?? Infinity)),
    ...days.flatMap((day) => sundries(day, seed)),
  ];
  const own = [...usual, ...cutDelivery(usual, days)];
  const all = [...own, ...surplus(Math.max(0, (options.mails ?? 0) - own.length), cells)];
  const ordered = all.sort((a, b) => a.receivedAt - b.receivedAt || (a.token < b.token ? -1 : 1));
  return options.mails === undefined ? ordered : ordered.slice(Math.max(0, ordered.length - options.mails));
}

function reportsOf(cell: Cell, most: number): readonly Entry[] {
  const faithful = cell.index === 0 ? alwaysHeard : 0;
  return reporters
    .filter((reporter, rank) => rank < faithful || reportsToday(reporter, cell))
    .slice(0, Math.max(most, faithful))
    .flatMap((reporter) => deliveries(reporter, cell));
}

function openCell({ seed, day, domain }: Cell, reporter: Reporter, purpose: string): Random {
  return openRandom(seed, day, domain.name, reporter.name, purpose);
}

/** Small domains are seldom seen by small receivers. */
function reportsToday(reporter: Reporter, cell: Cell): boolean {
  const expected = (cell.domain.perDay + 5) * reporter.share;
  return openCell(cell, reporter, 'today').chance(reporter.reliability * (1 - Math.exp(-expected)));
}

/** The report, and now and then the same once more. */
function deliveries(reporter: Reporter, { seed, day, domain, index }: Cell): readonly Entry[] {
  const random = openCell({ seed, day, domain, index }, reporter, 'sent');
  const about = { reporter, domain, index };
  const receivedAt = day + daySeconds + reporter.mailsAt * 60 + random.integer(2400);
  const first: Entry = { kind: 'report', day, receivedAt, token: newToken(random), about };
  if (!random.chance(0.012)) return [first];
  const again = receivedAt + 1200 + random.integer(7200);
  return [first, { ...first, kind: 'duplicate', receivedAt: again, token: newToken(random) }];
}

function newToken(random: Random): string {
  return random.text(16, '0123456789abcdef');
}

/** What else lands in such a mailbox. */
function sundries(day: number, seed: number): readonly Entry[] {
  const random = openRandom(seed, day, 'sundries');
  const kinds: readonly (readonly [DemoMailKind, number])[] = [
    ['tls-report', 0.5],
    ['unrelated', 0.35],
    ['bounce', 0.15],
  ];
  return kinds
    .filter(([, probability]) => random.chance(probability))
    .map(([kind]) => {
      const receivedAt = day + daySeconds + random.integer(8 * 3600);
      return { kind, day, receivedAt, token: newToken(random), about: null };
    });
}

/** One report of the oldest third arrives cut, and whole 25 minutes later. */
function cutDelivery(entries: readonly Entry[], days: readonly number[]): readonly Entry[] {
  const day = days[Math.floor(days.length / 6)];
  const whole = entries.find((one) => one.kind === 'report' && one.day === day && one.about?.reporter.name === 'Yahoo');
  if (days.length < 3 || !whole) return [];
  return [
    { ...whole, kind: 'truncated', receivedAt: whole.receivedAt - 1500, token: [...whole.token].reverse().join('') },
  ];
}

/** That many reports of further small sites; none where there is no day or domain. */
function surplus(missing: number, cells: readonly Cell[]): readonly Entry[] {
  return Array.from({ length: missing }).flatMap((_, nth) => {
    const cell = cells[nth % cells.length];
    if (!cell) return [];
    return deliveries(smallSite(Math.floor(nth / cells.length) + 1), cell).slice(0, 1);
  });
}
