import { daySeconds } from '../src/base/clock.js';
import { breakAt, pooled } from '../src/analyse/rules/breaks.js';
import type { DayCount } from '../src/model/finding.js';

/** A year after the four weeks that every rule may learn from. */
const learning = 28;
const year = 365;

type Random = () => number;

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Marsaglia and Tsang; shapes under 1 by the power of a uniform number. */
function gamma(random: Random, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * Math.pow(1 - random(), 1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

function poisson(random: Random, mean: number): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  let count = 0;
  for (let left = Math.exp(-mean), product = 1 - random(); product > left; product *= 1 - random()) count += 1;
  return count;
}

function binomial(random: Random, n: number, p: number): number {
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  if (n * p > 30) {
    const drawn = Math.round(n * p + Math.sqrt(n * p * (1 - p)) * normal(random));
    return Math.max(0, Math.min(n, drawn));
  }
  let term = Math.pow(1 - p, n);
  let count = 0;
  for (let left = random() - term; left > 0 && count < n; left -= term) {
    term *= ((n - count) / (count + 1)) * (p / (1 - p));
    count += 1;
  }
  return count;
}

interface Habits {
  /** Messages a day, on average. */
  readonly volume: number;
  /** Share that fails in ordinary times. */
  readonly rate: number;
  /** Correlation between the messages of a day. */
  readonly rho: number;
}

/** Days of a sender; from day `broken.from` on a share of the mail that would pass fails. */
function simulate(random: Random, habits: Habits, count: number, broken = { from: Infinity, share: 0 }): DayCount[] {
  return Array.from({ length: count }, (_, day) => {
    const messages = poisson(random, habits.volume);
    const rate = dailyRate(random, habits);
    const failed = binomial(random, messages, day >= broken.from ? 1 - (1 - rate) * (1 - broken.share) : rate);
    return { day: day * daySeconds, messages, failed };
  });
}

function dailyRate(random: Random, { rate, rho }: Habits): number {
  if (rho === 0 || rate === 0) return rate;
  const size = (1 - rho) / rho;
  const one = gamma(random, rate * size);
  return one / (one + gamma(random, (1 - rate) * size));
}

/** Whether a rule would call the newest of the days broken. */
type Judge = (days: readonly DayCount[]) => boolean;

function sumLast(days: readonly DayCount[], from: number, to = days.length): { messages: number; failed: number } {
  let messages = 0;
  let failed = 0;
  for (let i = Math.max(0, days.length - from); i < Math.min(days.length, to); i++) {
    messages += days[i]?.messages ?? 0;
    failed += days[i]?.failed ?? 0;
  }
  return { messages, failed };
}

const judges: readonly (readonly [name: string, judge: Judge])[] = [
  ['ours', (days) => breakAt(active(days), days.at(-1)?.day ?? 0, pooled) !== null],
  [
    'day < 90 %',
    (days) => {
      const { messages, failed } = sumLast(days, 1);
      return failed > messages * 0.1;
    },
  ],
  [
    '-15 points, >= 100 mails',
    (days) => {
      const { messages, failed } = sumLast(days, 1);
      const before = sumLast(days, 8, days.length - 1);
      return messages >= 100 && before.messages > 0 && failed / messages - before.failed / before.messages >= 0.15;
    },
  ],
  [
    '7-day < 90 %',
    (days) => {
      const { messages, failed } = sumLast(days, 7);
      return failed > messages * 0.1;
    },
  ],
];

function active(days: readonly DayCount[]): DayCount[] {
  return days.filter((each) => each.messages > 0);
}

/** Days on which the rule fires and did not on the day before. */
function episodes(judge: Judge, days: readonly DayCount[]): number {
  let count = 0;
  let before = false;
  for (let day = learning; day < days.length; day++) {
    const fires = judge(days.slice(Math.max(0, day - 250), day + 1));
    if (fires && !before) count += 1;
    before = fires;
  }
  return count;
}

/** Shares of the mail that fail in ordinary times. */
const rates = [0, 0.002, 0.01, 0.03];

/** 2 to 5,000 messages a day, as many senders of 2 to 20 as of 500 to 5,000. */
function ordinaryHabits(random: Random, rho: number): Habits {
  const volume = 2 * Math.pow(2500, random());
  return { volume, rate: rates[Math.floor(random() * rates.length)] ?? 0, rho };
}

/** False episodes a sender-year, by rule. */
function falseEpisodes(rho: number, senders: number): Map<string, number> {
  const random = seeded(1 + rho * 1000);
  const sums = new Map<string, number>();
  for (let i = 0; i < senders; i++) {
    const days = simulate(random, ordinaryHabits(random, rho), learning + year);
    for (const [name, judge] of judges) sums.set(name, (sums.get(name) ?? 0) + episodes(judge, days) / senders);
  }
  return sums;
}

const history = 180;
const week = [0, 1, 2, 3, 4, 5, 6];

/** Days from a break to the day on which the rule fires, for each of `tries` senders; Infinity: not within a week. */
function delays(habits: Omit<Habits, 'rate'>, share: number, tries: number): Map<string, number[]> {
  const random = seeded(habits.volume * 7 + share * 100 + habits.rho * 1000);
  const found = new Map<string, number[]>();
  for (let i = 0; i < tries; i++) {
    const rate = rates[i % rates.length] ?? 0;
    const days = simulate(random, { ...habits, rate }, history + week.length, { from: history, share });
    for (const [name, judge] of judges) {
      const day = week.find((each) => judge(days.slice(0, history + each + 1)));
      found.set(name, [...(found.get(name) ?? []), day ?? Infinity]);
    }
  }
  return found;
}

/** `99.8 / 100.0`: percent found on the day of arrival, and on one of the first three days. */
function shares(found: readonly number[] = []): string {
  const within = (days: number) => (100 * found.filter((each) => each <= days).length) / Math.max(1, found.length);
  return `${within(0).toFixed(1)} / ${within(2).toFixed(1)}`;
}

function line(cells: readonly string[]): void {
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}

function table(title: string, rows: readonly (readonly string[])[]): void {
  line([title, ...judges.map(([name]) => name)]);
  line(['---', ...judges.map(() => '---')]);
  for (const row of rows) line(row);
  process.stdout.write('\n');
}

const correlations = [0, 0.02, 0.05];
const breaks = [
  { volume: 2, share: 1 },
  { volume: 10, share: 1 },
  { volume: 50, share: 1 },
  { volume: 500, share: 1 },
  { volume: 5000, share: 1 },
  { volume: 50, share: 0.5 },
  { volume: 50, share: 0.15 },
  { volume: 500, share: 0.15 },
];

function run(senders: number): void {
  const rowsOfFalse = correlations.map((rho) => {
    const found = falseEpisodes(rho, senders);
    return [`rho ${rho}`, ...judges.map(([name]) => (found.get(name) ?? 0).toFixed(2))];
  });
  table('false episodes a sender-year', rowsOfFalse);
  const rowsOfBreaks = correlations.flatMap((rho) =>
    breaks.map(({ volume, share }) => {
      const found = delays({ volume, rho }, share, senders);
      const what = `rho ${rho}, ${volume} a day, ${share * 100} % break`;
      return [what, ...judges.map(([name]) => shares(found.get(name)))];
    }),
  );
  table('found on the day / within three days, %', rowsOfBreaks);
}

// Senders that each cell simulates.
run(Number(process.argv[2] ?? 1000));
