// The real servers that tests talk to: present, installed by apt, or named loudly.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { NotReady, run, say } from './prepare.mjs';

const servers = [
  { name: 'dovecot-imapd', anyOf: ['/usr/lib/dovecot/imap', '/usr/libexec/dovecot/imap'], tests: 'IMAP' },
  { name: 'dovecot-lmtpd', anyOf: ['/usr/lib/dovecot/lmtp', '/usr/libexec/dovecot/lmtp'], tests: 'IMAP delivery' },
  { name: 'prometheus', anyOf: ['prometheus'], tests: 'scraping and alert rules' },
  { name: 'prometheus-alertmanager', anyOf: ['prometheus-alertmanager', 'alertmanager'], tests: 'Alertmanager' },
  { name: 'chromium', anyOf: ['chromium', 'chromium-browser', 'google-chrome'], tests: 'the web page' },
];

function isPresent(program) {
  if (program.startsWith('/')) return existsSync(program);
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}

function missing() {
  return servers.filter((server) => !server.anyOf.some(isPresent));
}

/** How to become root without being asked; null when there is no way. */
function rootPrefix() {
  if (!isPresent('apt-get')) return null;
  if (process.getuid?.() === 0) return [];
  const quiet = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
  return quiet.status === 0 ? ['sudo', '-n'] : null;
}

function apt(prefix, args) {
  const command = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args];
  return run(command[0], command.slice(1));
}

/** With CI=true a missing server is an error; else the tests that need it skip themselves. */
export function installServers() {
  const wanted = missing();
  const prefix = wanted.length === 0 ? null : rootPrefix();
  if (prefix !== null) {
    const names = wanted.map((server) => server.name);
    say(`installing ${names.join(' ')} with apt-get, for the tests`);
    const wait = ['-o', 'DPkg::Lock::Timeout=300'];
    apt(prefix, [...wait, 'update']);
    apt(prefix, [...wait, 'install', '-y', '--no-install-recommends', ...names]);
  }
  const left = missing();
  if (left.length === 0) return;
  const names = left.map((server) => server.name).join(' ');
  if (process.env.CI === 'true') throw new NotReady(`missing and not installable here: ${names}`);
  say('****************************************************************');
  for (const server of left) say(`${server.name} is MISSING: tests of ${server.tests} will be SKIPPED`);
  say(`install it with: sudo apt-get install ${names}`);
  say('****************************************************************');
}
