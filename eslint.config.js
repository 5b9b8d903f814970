import tseslint from 'typescript-eslint';

const time = {
  object: 'Date',
  property: 'now',
  message: 'Time comes from base/clock.ts, so that tests can drive it.',
};
const environment = {
  object: 'process',
  property: 'env',
  message: 'The environment is read in src/config/environment.ts only.',
};
const newDate = {
  selector: "NewExpression[callee.name='Date'][arguments.length=0]",
  message: 'Time comes from base/clock.ts, so that tests can drive it.',
};
const defaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name: one thing has one name everywhere.',
};
const enumeration = { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' };

const size = { skipBlankLines: true, skipComments: true };

/** What is a mistake in any file of ours, types known or not. */
const plainRules = {
  eqeqeq: ['error', 'always'],
  'no-constant-condition': ['error', { checkLoops: false }],
  'no-debugger': 'error',
  'no-duplicate-imports': 'off',
  'no-eval': 'error',
  'no-fallthrough': 'error',
  'no-implied-eval': 'off',
  'no-new-wrappers': 'error',
  'no-self-compare': 'error',
  'no-template-curly-in-string': 'error',
  'no-unreachable-loop': 'error',
  'no-unsafe-finally': 'error',
  'no-useless-rename': 'error',
  'no-var': 'error',
  'no-control-regex': 'error',
  'no-empty': ['error', { allowEmptyCatch: false }],
  'object-shorthand': 'error',
  'prefer-const': 'error',
  'max-lines': ['error', { max: 400 }],
  'max-params': ['error', { max: 4 }],
};

const typedRules = {
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/no-non-null-assertion': 'error',
  '@typescript-eslint/no-confusing-void-expression': 'off',
  '@typescript-eslint/no-unnecessary-condition': 'off',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  // A door is asynchronous whatever stands behind it, and `async` turns what is thrown into a rejection.
  '@typescript-eslint/require-await': 'off',
  // Open things are objects of closures here: their methods have no `this` to lose.
  '@typescript-eslint/unbound-method': 'off',
  '@typescript-eslint/restrict-template-expressions': [
    'error',
    { allowNumber: true, allowBoolean: true, allowNullish: false },
  ],
  '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
};

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'data/', 'coverage/', '.cache/', 'fixtures/', 'src/serve/assets/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
    rules: { ...plainRules, ...typedRules },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    extends: [tseslint.configs.base],
    rules: plainRules,
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines-per-function': ['error', { max: 80, ...size }],
      'no-console': 'error',
      'no-restricted-properties': ['error', time, environment],
      'no-restricted-syntax': ['error', newDate, defaultExport, enumeration],
    },
  },
  { files: ['src/base/clock.ts'], rules: { 'no-restricted-properties': ['error', environment] } },
  { files: ['src/config/**/*.ts'], rules: { 'no-restricted-properties': ['error', time] } },
  {
    files: ['test/**/*.ts', 'scripts/**/*.{ts,mjs}', 'bench/**/*.ts', 'grafana/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', defaultExport, enumeration] },
  },
  {
    // What a server or a program answered is looked at as it came.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
    },
  },
);
