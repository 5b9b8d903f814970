import { timeOf } from './reply.js';

const figures = new Intl.NumberFormat('en-US');

/** A number for people: `5,310`. */
export function figure(value: number): string {
  return figures.format(value);
}

/** `1 message`, `5,310 messages`. */
export function counted(value: number, one: string): string {
  return `${figure(value)} ${one}${value === 1 ? '' : 's'}`;
}

/** `2026-09-01` of Unix seconds. */
export function dayOf(seconds: number): string {
  return timeOf(seconds).slice(0, 10);
}

/** `2026-09-01 12:30 UTC` of Unix seconds. */
export function minuteOf(seconds: number): string {
  return `${timeOf(seconds).slice(0, 16).replace('T', ' ')} UTC`;
}

/** Event days from and to, `2026-09-01`; a single one is named once. */
export function daysOf(from: string, to: string): string {
  return from === to ? from : `${from} to ${to}`;
}
