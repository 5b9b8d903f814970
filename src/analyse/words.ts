import { plainText } from '../base/text.js';
import { dayText } from '../model/finding.js';
import { rateOf } from './statistics.js';
import type { Counts } from './statistics.js';
import { figure } from './summary.js';

export { figure };

/** `17.4 %`. */
export function percent(counts: Counts): string {
  return `${(rateOf(counts) * 100).toFixed(1).replace(/\.0$/, '')} %`;
}

/** `on 2026-09-01`, `from 2026-09-01 to 2026-09-03`; Unix seconds. */
export function whenText(from: number, to: number): string {
  return from === to ? `on ${dayText(from)}` : `from ${dayText(from)} to ${dayText(to)}`;
}

/** `2026-09-03 06:12 UTC`. */
export function momentText(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

const named = 5;

/** `a, b and 3 more`; names from outside are made plain. `nobody` stands for an empty name. */
export function namesText(names: readonly string[], nobody: string): string {
  const shown = names.slice(0, named).map((each) => (each === '' ? nobody : plainText(each, 100)));
  const more = names.length - shown.length;
  if (more > 0) return `${shown.join(', ')} and ${figure(more)} more`;
  const last = shown.at(-1) ?? nobody;
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(', ')} and ${last}`;
}

/** `3 reports`, `1 report`. */
export function countText(count: number, word: string): string {
  return `${figure(count)} ${word}${count === 1 ? '' : 's'}`;
}

/** Days for people: `2 days`, `1 day`, `30 hours`. */
export function spanText(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  return hours < 48 ? countText(hours, 'hour') : countText(Math.floor(hours / 24), 'day');
}
