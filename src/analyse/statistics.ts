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

/**
 * How likely so many failures are if nothing changed. The baseline counts for at most 50 messages: days differ by more than
 * chance, and a baseline of 50 allows for a correlation of about 0.02 between messages of a day.
 */
export function surprise(window: Counts, baseline: Counts): number {
  const weight = Math.min(1, 50 / Math.max(1, baseline.messages));
  const a = 0.5 + weight * baseline.failed;
  const b = 0.5 + weight * (baseline.messages - baseline.failed);
  return betaBinomialTail(window.failed, window.messages, a, b);
}
