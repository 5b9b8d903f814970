// The real servers that tests talk to: present, installed by apt when that is asked for, or named loudly.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { NotReady, run, say } from './prepare.mjs';

const servers = [
  { name: 'dovecot-imapd', anyOf: ['/usr/lib/dovecot/imap', '/usr/libexec/dovecot/imap'], tests: 'IMAP' },
  { name: 'dovecot-lmtpd', anyOf: ['/usr/lib/dovecot/lmtp', '/usr/libexec/dovecot/lmtp'], tests: 'IMAP delivery' },
  { name: 'postfix', anyOf: ['postfix'], tests: 'mail brought by SMTP, LMTP and a pipe' },
  { name: 'prometheus', anyOf: ['prometheus'], tests: 'scraping and the Grafana dashboard' },
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

function install(names) {
  const prefix = rootPrefix();
  if (prefix === null) return;
  say(`installing ${names.join(' ')} with apt-get, for the tests; their services are not started`);
  const [command, ...args] = [...prefix, 'sh', 'scripts/install-servers.sh', '/usr/sbin/policy-rc.d', ...names];
  run(command, args);
}

function warn(left, names) {
  say('****************************************************************');
  for (const server of left) say(`${server.name} is MISSING: tests of ${server.tests} will be SKIPPED`);
  say('install what is missing with: npm test -- --install');
  say(`(as root or with sudo it runs: apt-get install ${names.join(' ')}, and starts no service)`);
  say('****************************************************************');
}

/** Installs what is missing only when that was asked for, and then a server still missing is an error; else says what is missing. */
export function needServers(mayInstall) {
  const wanted = missing().map((server) => server.name);
  if (mayInstall && wanted.length > 0) install(wanted);
  const left = missing();
  if (left.length === 0) return;
  const names = left.map((server) => server.name);
  if (mayInstall) throw new NotReady(`missing; install as root: apt-get install ${names.join(' ')}`);
  warn(left, names);
}
