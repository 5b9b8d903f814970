import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openMutants } from '../support/fuzz-inputs.js';
import { runFuzz } from '../support/fuzz-run.js';

/** `npm run fuzz` runs many more. */
const mutants = 4000;
const seed = 1;

describe('mutants of every fixture', () => {
  it('all end with an outcome, with nothing that does not hold of every reading', { timeout: 120_000 }, async () => {
    const result = await runFuzz({ seed, from: 0, to: mutants });
    expect(result.failures.map(({ index, message }) => `${index}: ${message}`)).toEqual([]);
    const ended = Object.values(result.outcomes).reduce((sum, count) => sum + count, 0);
    expect(ended).toBe(mutants);
    expect(result.peakBytes).toBeLessThan(500e6);
  });

  it('reach every class of mail, so that none is tried by nothing', { timeout: 120_000 }, async () => {
    const result = await runFuzz({ seed: 2, from: 0, to: 500 });
    for (const outcome of [
      'report',
      'partial',
      'malformed',
      'not-a-report',
      'unsupported',
      'bounce',
      'failure-report',
    ]) {
      expect(result.outcomes[outcome], outcome).toBeGreaterThan(0);
    }
  });

  it('are the same again from the same seed, and others from another', () => {
    const [first, again] = [openMutants(), openMutants()];
    for (let index = 0; index < 50; index++) expect(again(7, index)).toEqual(first(7, index));
    expect(first(8, 3).bytes.equals(first(7, 3).bytes)).toBe(false);
  });
});

describe('the watchdog', () => {
  it('stops a mutant that hangs, keeps its bytes and goes on behind it', async () => {
    const result = await runFuzz({ seed, from: 10, to: 14, hangMilliseconds: 2000, hangsAt: 11 });
    expect(result.failures.map(({ index }) => index)).toEqual([11]);
    expect(result.failures[0]?.message).toContain('hangs');
    expect(readFileSync(result.failures[0]?.path ?? '')).toEqual(openMutants()(seed, 11).bytes);
    expect(result.mutants).toBe(4);
  });
});
