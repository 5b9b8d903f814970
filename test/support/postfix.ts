import { execFile, spawn } from 'node:child_process';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './ports.js';
import { findProgram } from './servers.js';
import { tempDir } from './temp.js';

const run = promisify(execFile);

/** A real Postfix on loopback, in a folder of its own, that takes mail for example.org and hands all of it on. */
export interface Postfix {
  readonly port: number;
  /** Hands a mail to its queue. */
  send(mail: string): Promise<void>;
  /** Mails that wait. */
  queued(): Promise<number>;
  /** Tries all that waits now. */
  flush(): Promise<void>;
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** `transport` as in transport(5): `smtp:[127.0.0.1]:2525`, `lmtp:inet:127.0.0.1:2424` or the `pipe:` that `command` makes. Needs root: its master does. */
export async function startPostfix(transport: string, command: readonly string[] = ['/bin/false']): Promise<Postfix> {
  const folder = await tempDir();
  const [etc, queue, data] = ['etc', 'queue', 'data'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  const port = await freePort();
  const logFile = join(folder.path, 'mail.log');
  await chmod(folder.path, 0o755);
  for (const each of [etc, queue, data]) await mkdir(each);
  await chown(data, idOf('postfix'), 0);
  await writeFile(join(etc, 'main.cf'), mainConfig({ queue, data, logFile, folder: folder.path, transport }));
  await writeFile(join(etc, 'master.cf'), masterConfig(port, command));
  const postfix = (...args: readonly string[]) => run(findProgram('postfix') ?? 'postfix', ['-c', etc, ...args]);
  await postfix('start');
  const queued = async () => {
    const { stdout } = await run(findProgram('postqueue') ?? 'postqueue', ['-c', etc, '-j']);
    return stdout.split('\n').filter((line) => line !== '').length;
  };
  return {
    port,
    send: (mail) => handIn(etc, mail),
    queued,
    flush: async () => void (await postfix('flush')),
    log: () => readFile(logFile, 'utf8'),
    stop: async () => {
      await postfix('stop');
      await folder.remove();
    },
  };
}

function idOf(user: string): number {
  return Number(execFileSync('id', ['-u', user], { encoding: 'utf8' }));
}

function handIn(etc: string, mail: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const args = ['-C', etc, '-f', 'reports@mx.example', 'dmarc@example.org'];
    const child = spawn(findProgram('sendmail') ?? 'sendmail', args, { stdio: ['pipe', 'ignore', 'inherit'] });
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`sendmail ended with ${code}`))));
    child.stdin.end(mail);
  });
}

interface Places {
  readonly queue: string;
  readonly data: string;
  readonly logFile: string;
  readonly folder: string;
  readonly transport: string;
}

function mainConfig({ queue, data, logFile, folder, transport }: Places): string {
  return `compatibility_level = 3.6
queue_directory = ${queue}
data_directory = ${data}
maillog_file = ${logFile}
maillog_file_prefixes = ${folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.example
mydestination =
mynetworks = 127.0.0.0/8
relay_domains = example.org
relay_transport = ${transport}
default_transport = error:only example.org here
disable_dns_lookups = yes
alias_maps =
alias_database =
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
ruawatch_destination_recipient_limit = 1
`;
}

function masterConfig(port: number, command: readonly string[]): string {
  const service = (name: string, program: string, rest = '') => `${name} unix - - n - - ${program}${rest}\n`;
  return `127.0.0.1:${port} inet n - n - - smtpd
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
showq unix n - n - - showq
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
${service('smtp', 'smtp')}${service('lmtp', 'lmtp')}${service('error', 'error')}${service('retry', 'error')}ruawatch unix - n n - 1 pipe
  flags=DRq user=nobody argv=${command.join(' ')}
`;
}
