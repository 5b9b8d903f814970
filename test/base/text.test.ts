import { expect, it } from 'vitest';
import { plainText } from '../../src/base/text.js';

it('a control character, or one that turns the direction of text, is a question mark', () => {
  const controls = ['\0', '\n', '\x1b', '\x7f', '\x9f', '\u2028', '\u2029'];
  const turning = ['\u061c', '\u200e', '\u200f', '\u202a', '\u202e', '\u2066', '\u2069'];
  for (const char of [...controls, ...turning]) expect(plainText(`a${char}b`)).toBe('a?b');
  expect(plainText('a\u202e\n\u2066b')).toBe('a?b');
});

it('text of any script stays as it is', () => {
  for (const text of ['b\u00fccher.example', '\u0645\u062b\u0627\u0644', '\u{1f4e7}', 'zero\u200bwidth', '\u2010'])
    expect(plainText(text)).toBe(text);
});

it('a text as long as the bound is whole, and one character more is cut and marked', () => {
  expect(plainText('abc', 3)).toBe('abc');
  expect(plainText('abcd', 3)).toBe('ab\u2026');
});
