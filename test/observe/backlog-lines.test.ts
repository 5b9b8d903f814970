import { expect, test } from 'vitest';
import { BacklogLines } from '../../src/observe/backlog-lines.js';

const facts = (done: number, left: number) => ({ done, left, oldest: 0, perSecond: null, secondsLeft: null });

/** How many lines are due while `mails` are read in batches of 50. */
function linesOver(mails: number): readonly number[] {
  const lines = new BacklogLines();
  const due: number[] = [];
  for (let done = 0; done < mails + 50; done += 50) {
    const now = Math.min(done, mails);
    if (lines.isDue('inbox', facts(now, mails - now))) due.push(now);
  }
  return due;
}

test('a long backlog is told at its beginning, at each twentieth and at its end', () => {
  expect(linesOver(2000)).toEqual(Array.from({ length: 21 }, (_, step) => step * 100));
  expect(linesOver(1_000_000).length).toBe(21);
});

test('500 mails are a long backlog, 499 are not', () => {
  expect(linesOver(500)).toEqual([0, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500]);
  expect(linesOver(499)).toEqual([]);
});

test('mails that come meanwhile bring no line twice', () => {
  const lines = new BacklogLines();
  expect(lines.isDue('inbox', facts(0, 1000))).toBe(true);
  expect(lines.isDue('inbox', facts(500, 500))).toBe(true);
  expect(lines.isDue('inbox', facts(500, 1500))).toBe(false);
  expect(lines.isDue('inbox', facts(1000, 1000))).toBe(false);
  expect(lines.isDue('inbox', facts(1100, 900))).toBe(true);
});

test('the next backlog has lines of its own, and so has another mailbox', () => {
  const lines = new BacklogLines();
  expect(lines.isDue('inbox', facts(0, 1000))).toBe(true);
  expect(lines.isDue('other', facts(0, 1000))).toBe(true);
  expect(lines.isUnderWay('inbox')).toBe(true);
  expect(lines.isDue('inbox', facts(1000, 0))).toBe(true);
  expect(lines.isUnderWay('inbox')).toBe(false);
  expect(lines.isUnderWay('other')).toBe(true);
  expect(lines.isDue('inbox', facts(0, 1000))).toBe(true);
});
