import { expect, it } from 'vitest';
import { Remembered } from '../../src/store/writing/remembered.js';

function filled(bound: number, names: number): Remembered {
  const remembered = new Remembered(bound);
  for (let i = 0; i < names; i++) remembered.set(`name ${i}`, i);
  return remembered;
}

it('keeps at least as many of the last names as its bound, and forgets what is older than twice that', () => {
  const remembered = filled(3, 7);
  expect([4, 5, 6].map((i) => remembered.get(`name ${i}`))).toEqual([4, 5, 6]);
  expect([0, 1, 2].map((i) => remembered.get(`name ${i}`))).toEqual([undefined, undefined, undefined]);
});

it('keeps a name that is asked for again and again, however many others come', () => {
  const remembered = new Remembered(3);
  remembered.set('often', 1);
  for (let i = 0; i < 100; i++) {
    remembered.set(`once ${i}`, i);
    expect(remembered.get('often')).toBe(1);
  }
});

it('knows nothing after it was cleared', () => {
  const remembered = filled(3, 5);
  remembered.clear();
  expect([0, 1, 2, 3, 4].map((i) => remembered.get(`name ${i}`))).toEqual(Array(5).fill(undefined));
});
