/** Pseudo-random numbers that depend on nothing but the words they were opened with. */
export interface Random {
  /** In [0, 1). */
  unit(): number;
  /** In [0, below). */
  integer(below: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly [T, ...T[]]): T;
  /** How often something of this mean happens. */
  poisson(mean: number): number;
  /** How many of `n` trials succeed. */
  binomial(n: number, probability: number): number;
  /** That many characters of `alphabet`. */
  text(length: number, alphabet: string): string;
}

/** The same words, the same numbers; other words, unrelated numbers. */
export function openRandom(...words: readonly (string | number)[]): Random {
  let state = hash(words.join('\u0000'));
  const unit = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    return mix(state) / 2 ** 32;
  };
  const integer = (below: number): number => Math.floor(unit() * below);
  return {
    unit,
    integer,
    chance: (probability) => unit() < probability,
    pick: (list) => list[integer(list.length)] ?? list[0],
    poisson: (mean) => poisson(mean, unit),
    binomial: (n, probability) => binomial(n, probability, unit),
    text: (length, alphabet) => Array.from({ length }, () => alphabet.charAt(integer(alphabet.length))).join(''),
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value | 0;
}

function mix(state: number): number {
  let value = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** Above this mean the bell curve is close enough. */
const bellFrom = 40;

function poisson(mean: number, unit: () => number): number {
  if (mean > bellFrom) return Math.max(0, Math.round(mean + Math.sqrt(mean) * bell(unit)));
  const floor = Math.exp(-mean);
  let count = 0;
  for (let product = unit(); product > floor; product *= unit()) count += 1;
  return count;
}

function binomial(n: number, probability: number, unit: () => number): number {
  if (probability <= 0 || n <= 0) return 0;
  if (probability >= 1) return n;
  if (n <= bellFrom) return Array.from({ length: n }, unit).filter((draw) => draw < probability).length;
  if (n * probability < bellFrom) return Math.min(n, poisson(n * probability, unit));
  if (probability > 0.5) return n - binomial(n, 1 - probability, unit);
  const spread = Math.sqrt(n * probability * (1 - probability));
  return Math.min(n, Math.max(0, Math.round(n * probability + spread * bell(unit))));
}

/** A standard normal draw (Box-Muller). */
function bell(unit: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
}
