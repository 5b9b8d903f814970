const lanczos = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

/** ln Γ(z) for z > 0 (Lanczos, g = 7, nine terms: about 15 digits). */
export function logGamma(z: number): number {
  if (z < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * z)) - logGamma(1 - z);
  const x = z - 1;
  const sum = lanczos.reduce((total, term, index) => total + term / (x + index + 1), 0.9999999999998099);
  const t = x + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (x + 0.5) * Math.log(t) - t + Math.log(sum);
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** Above this many messages the share of failures follows the beta distribution itself; counting on would only cost time. */
const enough = 100_000;

/** P(X >= x) of the beta-binomial distribution: `n` messages, failure rate drawn from Beta(a, b). */
export function betaBinomialTail(x: number, n: number, a: number, b: number): number {
  if (x <= 0) return 1;
  if (x > n) return 0;
  if (n > enough) return betaBinomialTail(Math.floor((x * enough) / n), enough, a, b);
  const choose = logGamma(n + 1) - logGamma(x + 1) - logGamma(n - x + 1);
  let term = Math.exp(choose + logBeta(x + a, n - x + b) - logBeta(a, b));
  let sum = term;
  for (let k = x; k < n; k++) {
    term *= ((n - k) / (k + 1)) * ((k + a) / (n - k - 1 + b));
    sum += term;
  }
  return Math.min(1, sum);
}

/** Wilson's 95 % interval for the rate behind `failed` of `messages`. */
export function wilson(failed: number, messages: number): { readonly low: number; readonly high: number } {
  if (messages <= 0) return { low: 0, high: 1 };
  const z = 1.96;
  const rate = failed / messages;
  const scale = 1 + (z * z) / messages;
  const centre = (rate + (z * z) / (2 * messages)) / scale;
  const half = (z * Math.sqrt((rate * (1 - rate)) / messages + (z * z) / (4 * messages * messages))) / scale;
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

export interface Counts {
  readonly messages: number;
  readonly failed: number;
}

export function rateOf(counts: Counts): number {
  return counts.messages > 0 ? counts.failed / counts.messages : 0;
}

/** A baseline of 50 messages allows for a correlation of about 0.02 between the messages of a day. */
const ordinary = 50;
/** A baseline of 10 allows for a correlation of 0.09: a sender that bursts more cannot be told from a broken one anyway. */
const least = 10;
/** Fewer days, or failures, say nothing of how much days differ. */
const enoughDays = 14;
const enoughFailed = 5;

/**
 * For how many messages a baseline may count: days differ by more than chance, so that 10,000 messages of a month tell less of
 * tomorrow than 10,000 draws would. 50, and fewer (down to 10) when this sender's own days differ more.
 */
export function capacity(days: readonly Counts[]): number {
  if (days.length < enoughDays) return ordinary;
  const rho = correlation(days);
  return rho <= 0 ? ordinary : Math.max(least, Math.min(ordinary, (1 - rho) / rho));
}

/** Correlation between the messages of a day: the analysis of variance estimate for groups of yes and no; 0 when too few failed. */
export function correlation(days: readonly Counts[]): number {
  const total = days.reduce((sum, each) => sum + each.messages, 0);
  const failed = days.reduce((sum, each) => sum + each.failed, 0);
  const groups = days.length;
  if (failed < enoughFailed || total <= groups) return 0;
  const rate = failed / total;
  let between = 0;
  let within = 0;
  let squares = 0;
  for (const each of days) {
    const own = rateOf(each);
    between += each.messages * (own - rate) ** 2;
    within += each.messages * own * (1 - own);
    squares += each.messages ** 2;
  }
  const meanBetween = between / (groups - 1);
  const meanWithin = within / (total - groups);
  const size = (total - squares / total) / (groups - 1);
  const whole = meanBetween + (size - 1) * meanWithin;
  return whole > 0 ? (meanBetween - meanWithin) / whole : 0;
}

/** How many days of equal size the messages are worth: a pool of independent days bursts less than a single one. */
export function dayEquivalents(days: readonly Counts[]): number {
  const total = days.reduce((sum, each) => sum + each.messages, 0);
  const squares = days.reduce((sum, each) => sum + each.messages ** 2, 0);
  return squares > 0 ? total ** 2 / squares : 1;
}

/** How likely so many failures are if nothing changed. The baseline counts for at most `weight` messages (see `capacity`). */
export function surprise(window: Counts, baseline: Counts, weight = ordinary): number {
  const share = Math.min(1, weight / Math.max(1, baseline.messages));
  const a = 0.5 + share * baseline.failed;
  const b = 0.5 + share * (baseline.messages - baseline.failed);
  return betaBinomialTail(window.failed, window.messages, a, b);
}

/** Counts above this are scaled down: the shape stays, and the sum stays short. */
const countedUpTo = 10_000;
const mostTerms = 100_000;

/**
 * P(X >= x) of a daily count, given those of `days` before: negative binomial with their mean and variance, Poisson when they
 * vary less than that. A mean of 0 counts as half a message over all days.
 */
export function countTail(x: number, days: readonly number[]): number {
  if (x <= 0) return 1;
  const scale = Math.min(1, countedUpTo / x);
  const n = Math.max(1, days.length);
  const mean = Math.max(0.5 / n, (scale * days.reduce((sum, each) => sum + each, 0)) / n);
  const variance = days.reduce((sum, each) => sum + (scale * each - mean) ** 2, 0) / Math.max(1, n - 1);
  const size = variance > mean ? mean ** 2 / (variance - mean) : Infinity;
  const first = Math.round(scale * x);
  let sum = 0;
  for (let k = first; k < first + mostTerms; k++) {
    const term = Math.exp(logCount(k, mean, size));
    sum += term;
    if (k > mean && term <= sum * 1e-12) break;
  }
  return Math.min(1, sum);
}

/** ln P(X = k): Poisson when `size` is infinite, else negative binomial. */
function logCount(k: number, mean: number, size: number): number {
  if (size === Infinity) return k * Math.log(mean) - mean - logGamma(k + 1);
  const share = mean / (size + mean);
  return logGamma(k + size) - logGamma(size) - logGamma(k + 1) + size * Math.log(1 - share) + k * Math.log(share);
}
