import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
let policy: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ruawatch-install-'));
  policy = join(folder, 'policy-rc.d');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Runs the installer with an apt-get that only tells its arguments and what the policy answers. */
function install(aptExit = 0) {
  const apt = join(folder, 'apt-get');
  writeFileSync(apt, `#!/bin/sh\n"${policy}"\necho "policy $? apt-get $*"\nexit ${aptExit}\n`);
  chmodSync(apt, 0o755);
  const { status, stdout } = spawnSync('sh', ['scripts/install-servers.sh', policy, 'one', 'two'], {
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    encoding: 'utf8',
  });
  return { status, last: stdout.trimEnd().split('\n').at(-1) };
}

describe('installing the servers of the tests', () => {
  it('forbids their services to start meanwhile, and leaves nothing behind', () => {
    const { status, last } = install();
    expect(status).toBe(0);
    expect(last).toMatch(/^policy 101 apt-get .*install -y --no-install-recommends one two$/);
    expect(existsSync(policy)).toBe(false);
  });

  it('leaves nothing behind when it fails', () => {
    expect(install(100).status).toBe(100);
    expect(existsSync(policy)).toBe(false);
  });

  it('keeps a policy that is there', () => {
    const own = '#!/bin/sh\nexit 104\n';
    writeFileSync(policy, own);
    chmodSync(policy, 0o755);
    expect(install().last).toMatch(/^policy 104 /);
    expect(readFileSync(policy, 'utf8')).toBe(own);
  });
});
