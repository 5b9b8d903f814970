import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/failure.js';
import type { Environment } from '../../src/config/process-environment.js';
import { readConfig } from '../../src/config/read.js';

const folder = 'fixtures/config/bad';

interface EnvironmentCase {
  readonly name: string;
  readonly env: Environment;
  readonly message: string;
}

function refusal(path: string | undefined, env: Environment): Failure {
  try {
    readConfig({ path, env });
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('was accepted');
}

function sentence(failure: Failure): string {
  return `${failure.message}; ${failure.hint}`;
}

describe('a bad configuration file is refused with one exact sentence', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  it.each(names)('%s', (name) => {
    const path = `${folder}/${name}`;
    const failure = refusal(path, {});
    expect(sentence(failure)).toBe(readFileSync(path.replace(/yaml$/, 'txt'), 'utf8').trimEnd());
    expect(failure.exitCode).toBe(2);
    expect(sentence(failure)).not.toMatch(/correct-horse|12345678|T0KEN|MTIz|only-15-letters|\*secret/);
  });
});

describe('a bad environment is refused with one exact sentence', () => {
  const cases = JSON.parse(readFileSync('fixtures/config/bad-environment.json', 'utf8')) as readonly EnvironmentCase[];
  it.each(cases)('$name', ({ env, message }) => {
    const failure = refusal(undefined, env);
    expect(sentence(failure)).toBe(message);
    expect(failure.exitCode).toBe(2);
  });
});

describe('a configuration file that cannot be opened', () => {
  it('is named together with --config', () => {
    expect(sentence(refusal('fixtures/config/absent.yaml', {}))).toBe(
      "cannot read the configuration file fixtures/config/absent.yaml: it does not exist; correct --config or the file's permissions",
    );
  });

  it('is named together with RUAWATCH_CONFIG', () => {
    expect(sentence(refusal(undefined, { RUAWATCH_CONFIG: 'fixtures/config' }))).toBe(
      "cannot read the configuration file fixtures/config: it is a folder; correct RUAWATCH_CONFIG or the file's permissions",
    );
  });
});
