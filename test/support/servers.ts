import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

/** The real servers that tests may need, each by the programs that must be there. */
const programs = {
  dovecot: ['dovecot', 'doveadm', 'openssl'],
  prometheus: ['prometheus', 'promtool'],
  alertmanager: ['prometheus-alertmanager', 'amtool'],
  chromium: ['chromium'],
  postfix: ['postfix', 'postqueue', 'sendmail'],
} as const;

export type ServerName = keyof typeof programs;

/** Path of a program, also from the sbin folders that a user's PATH may lack; null when it is not installed. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  const paths = folders.filter((folder) => folder !== '').map((folder) => join(folder, name));
  return paths.find(isExecutable) ?? null;
}

export function haveServer(server: ServerName): boolean {
  return programs[server].every((name) => findProgram(name) !== null);
}

/** A suite that needs real servers. Where one is missing it is skipped under a title that says so; in CI it fails. */
export function describeWith(servers: readonly ServerName[], title: string, suite: () => void): void {
  const missing = servers.filter((server) => !haveServer(server));
  if (missing.length === 0) {
    describe(title, suite);
    return;
  }
  const notice = `NOT TESTED, ${missing.join(' and ')} NOT INSTALLED (scripts/install-servers.mjs): ${title}`;
  if (process.env['CI']) throw new Error(notice);
  console.warn(notice);
  describe.skip(notice, suite);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
