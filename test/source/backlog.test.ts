import { expect, test } from 'vitest';
import { Backlog } from '../../src/source/backlog.js';
import { TestClock, TestEvents } from './harness.js';

function watched() {
  const heard = new TestEvents();
  const clock = new TestClock();
  let now = 1_000_000;
  clock.now = () => now;
  const backlog = new Backlog('reports', heard.events, clock);
  const look = (folder: string, left: number, afterMs = 0) => {
    now += afterMs;
    backlog.set(folder, left, 0);
    return heard.facts('backlog').at(-1);
  };
  return { backlog, heard, look };
}

test('what is left of all folders is one number, and so is what is done', () => {
  const { look } = watched();
  expect(look('INBOX', 100)).toMatchObject({ left: 100, done: 0 });
  expect(look('Junk', 20)).toMatchObject({ left: 120, done: 0 });
  expect(look('INBOX', 50)).toMatchObject({ left: 70, done: 50 });
  expect(look('INBOX', 0)).toMatchObject({ left: 20, done: 100 });
  expect(look('Junk', 0)).toMatchObject({ left: 0, done: 120 });
});

test('mails that come meanwhile are more that is left, not less that is done', () => {
  const { look } = watched();
  look('INBOX', 100);
  look('INBOX', 40);
  expect(look('INBOX', 90)).toMatchObject({ left: 90, done: 60 });
});

test('rate and time left are those of the mails done', () => {
  const { look } = watched();
  expect(look('INBOX', 1000)).toMatchObject({ perSecond: null, secondsLeft: null });
  expect(look('INBOX', 950, 500)).toMatchObject({ perSecond: 100, secondsLeft: 10 });
  expect(look('INBOX', 900, 1500)).toMatchObject({ perSecond: 50, secondsLeft: 18 });
  expect(look('INBOX', 0, 2000)).toMatchObject({ perSecond: 250, secondsLeft: 0 });
});

test('the rate is that of the last looks', () => {
  const { look } = watched();
  look('INBOX', 10_000);
  look('INBOX', 9_999, 3_600_000);
  for (let n = 1; n <= 19; n++) look('INBOX', 9_999 - 10 * n, 1000);
  expect(look('INBOX', 9_799, 1000)).toMatchObject({ perSecond: 10, secondsLeft: 980 });
});

test('a clock that was set back gives no rate', () => {
  const { look } = watched();
  look('INBOX', 100);
  expect(look('INBOX', 50, -5000)).toMatchObject({ perSecond: null, secondsLeft: null });
});

test('another backlog is counted from its own beginning', () => {
  const { look } = watched();
  look('INBOX', 100);
  expect(look('INBOX', 0, 1000)).toMatchObject({ done: 100, perSecond: 100 });
  expect(look('INBOX', 0, 1000)).toMatchObject({ left: 0, done: 0, perSecond: null, secondsLeft: 0 });
  expect(look('INBOX', 10, 1000)).toMatchObject({ left: 10, done: 0, perSecond: null });
});

test('the oldest of all folders is told', () => {
  const { backlog, heard } = watched();
  backlog.set('INBOX', 1, 2000);
  backlog.set('Junk', 1, 1000);
  backlog.set('Other', 1, 0);
  expect(heard.facts('backlog').map(({ oldest }) => oldest)).toEqual([2000, 1000, 1000]);
});
