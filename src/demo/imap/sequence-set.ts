/** Numbers and ranges, as in `1:3,7,9:*` (RFC 3501 section 9, sequence-set). */
export type SequenceSet = readonly (readonly [from: number, to: number])[];

const shape = /^(?:[1-9]\d{0,9}|\*)(?::(?:[1-9]\d{0,9}|\*))?(?:,(?:[1-9]\d{0,9}|\*)(?::(?:[1-9]\d{0,9}|\*))?)*$/;

/** `largest` is what `*` stands for. Null when the text is no set. */
export function parseSet(text: string, largest: number): SequenceSet | null {
  if (!shape.test(text)) return null;
  return text.split(',').map((range) => {
    const [first = '', last = first] = range.split(':');
    const ends = [number(first, largest), number(last, largest)] as const;
    return [Math.min(...ends), Math.max(...ends)] as const;
  });
}

function number(text: string, largest: number): number {
  return text === '*' ? largest : Number(text);
}

export function inSet(set: SequenceSet, value: number): boolean {
  return set.some(([from, to]) => from <= value && value <= to);
}

/** Ascending numbers in the shortest form; in the given order where they do not ascend. */
export function formatSet(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const value of numbers) {
    const last = ranges.at(-1);
    if (last && last[1] + 1 === value) last[1] = value;
    else ranges.push([value, value]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}:${to}`)).join(',');
}
