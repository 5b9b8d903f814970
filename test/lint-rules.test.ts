import { ESLint } from 'eslint';
import { expect, it } from 'vitest';

/** One thing that the house forbids a line, with the rule that has to say no. */
const plants: readonly (readonly [rule: string, code: string])[] = [
  ['no-restricted-properties', 'export const now = Date.now();'],
  ['no-restricted-properties', 'export const home = process.env;'],
  ['no-restricted-syntax', 'export const date = new Date();'],
  ['no-restricted-syntax', 'export default 1;'],
  ['@typescript-eslint/no-explicit-any', 'export const thing: any = 1;'],
  ['@typescript-eslint/no-non-null-assertion', "export const first = 'a'.at(0)!;"],
  ['@typescript-eslint/no-floating-promises', 'export function drop(): void { Promise.resolve(1); }'],
  ['@typescript-eslint/no-misused-promises', '[1].forEach(async () => { await Promise.resolve(1); });'],
  ['max-params', 'export const five = (a: 1, b: 1, c: 1, d: 1, e: 1) => [a, b, c, d, e];'],
  [
    '@typescript-eslint/switch-exhaustiveness-check',
    "export function word(w: 'a' | 'b'): number { switch (w) { case 'a': return 1; } return 2; }",
  ],
  ['@typescript-eslint/consistent-type-imports', "import { Failure } from './failure.js'; export type F = Failure;"],
];

it('what the house forbids is found by the linter, each on its line', async () => {
  const long = `export function long(): void {${'\n  void 0;'.repeat(80)}\n}`;
  const text = [...plants.map(([, code]) => code), long].join('\n') + '\n;'.repeat(400);
  // Else the parser takes the text from the disk when CI=true.
  const parserOptions = { disallowAutomaticSingleRunInference: true };
  const eslint = new ESLint({ overrideConfig: { languageOptions: { parserOptions } } });
  const [result] = await eslint.lintText(text, { filePath: 'src/base/text.ts' });
  const found = result?.messages.map(({ line, ruleId }) => `${line} ${ruleId}`) ?? [];
  const expected = plants.map(([rule], index) => `${index + 1} ${rule}`);
  expect(found).toEqual(
    expect.arrayContaining([...expected, `${plants.length + 1} max-lines-per-function`, '401 max-lines']),
  );
});
