import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

test('each migration has a number of its own', () => {
  const numbers = readdirSync('migrations').map((name) => name.slice(0, 3));
  expect(new Set(numbers).size).toBe(numbers.length);
});
