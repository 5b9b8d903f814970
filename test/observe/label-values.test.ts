import { expect, test } from 'vitest';
import { DomainLabels } from '../../src/observe/label-values.js';

test('what a report calls a domain is learnt only where it looks like one, and is not the name of all others', () => {
  const labels = new DomainLabels([], 3);
  labels.learn(['__other__', 'two words.example', 'a"b.example', '', 'example.org']);
  expect(labels.values()).toEqual(['example.org']);
  expect(labels.labelOf('two words.example')).toBe('__other__');
});

test('as many domains are learnt as there is room, the first ones', () => {
  const labels = new DomainLabels([], 2);
  labels.learn(['a.example', 'b.example', 'c.example']);
  expect(['a.example', 'b.example', 'c.example'].map((each) => labels.labelOf(each))).toEqual([
    'a.example', 'b.example', '__other__',
  ]); // prettier-ignore
});
