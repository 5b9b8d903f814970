import { execFile, execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { makeCertificates } from './certificates.js';
import { dovecotConfig } from './dovecot-config.js';
import { modifiedUtf7 } from './mailbox-name.js';
import { freePorts } from './ports.js';
import { findProgram } from './servers.js';
import { tempDir } from './temp.js';
import type { TempDir } from './temp.js';

export interface DovecotOptions {
  /** Serves TLS and STARTTLS with a certificate for localhost and 127.0.0.1 that only `caFile` vouches for. Default: true. */
  readonly tls?: boolean;
  /** The whole capability line, to be a poorer server. */
  readonly capability?: string;
  /** Further lines of configuration. */
  readonly extraConfig?: string;
}

/** A real IMAP and LMTP server on loopback with one user, unprivileged, in a folder of its own. */
export interface Dovecot {
  readonly host: string;
  /** Plain IMAP and STARTTLS. */
  readonly port: number;
  readonly tlsPort: number;
  readonly lmtpPort: number;
  readonly caFile: string;
  readonly user: string;
  readonly password: string;
  /** Puts mails into a folder, which is made when missing; UIDs follow the order, INTERNALDATEs are a second apart from 2024-01-01 on. */
  deliver(mails: readonly (Buffer | string)[], folder?: string): Promise<void>;
  /** Takes from the server the right to read the `nth` mail delivered to INBOX: it ends every session that asks for it. */
  breakMail(nth: number): Promise<void>;
  createFolder(folder: string): Promise<void>;
  /** Takes from the server the right to open a folder. */
  forbid(folder: string): Promise<void>;
  /** Gives it back. */
  allow(folder: string): Promise<void>;
  /** Flags of each mail by UID, sorted, without \Recent. */
  flags(folder?: string): Promise<ReadonlyMap<number, readonly string[]>>;
  setUidValidity(value: number, folder?: string): Promise<void>;
  /** Ends the user's sessions. */
  kick(): Promise<void>;
  /** Kills the server with every session, and starts it again on the same ports and mails. */
  restart(): Promise<void>;
  /** Runs doveadm with this server's configuration; resolves with its output. */
  doveadm(...args: readonly string[]): Promise<string>;
  /** What the server logged. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** The end of our own process closes the pipe that is read, and the whole group dies with it, however we ended; so it does when Dovecot ends. */
const guarded = '("$0" -F -c "$1"; kill -KILL 0) & read -r _; kill -KILL 0';

const run = promisify(execFile);
const user = 'dmarc';
const password = 'correct horse';
const host = '127.0.0.1';

export async function startDovecot(options: DovecotOptions = {}): Promise<Dovecot> {
  const dir = await tempDir();
  const account = ownAccount();
  const [port, tlsPort, lmtpPort] = (await freePorts(3)) as [number, number, number];
  const { tls = true } = options;
  await layOut(dir.path, account);
  if (tls) await ownCertificate(dir.path, account);
  const conf = join(dir.path, 'dovecot.conf');
  await writeFile(conf, dovecotConfig({ dir: dir.path, ...account, port, tlsPort, lmtpPort, ...options, tls }));
  let complaint = '';
  const launch = (): ChildProcess => {
    const started = spawn('/bin/sh', ['-c', guarded, program('dovecot'), conf], {
      ...account.ids,
      cwd: dir.path,
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    started.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    return started;
  };
  let server = launch();
  const kill = (): void => killGroup(server);
  process.once('exit', kill);
  try {
    await greeting(server, port);
  } catch (error) {
    kill();
    const log = await logOf(dir);
    await dir.remove();
    throw new Error(`Dovecot does not start:\n${complaint}${log}`, { cause: error });
  }
  const maildir = join(dir.path, 'mail', user, 'Maildir');
  const deliver = mailDelivery(maildir, account.ids);
  const doveadm = async (...args: readonly string[]): Promise<string> =>
    (await run(program('doveadm'), ['-c', conf, ...args], { ...account.ids, cwd: dir.path })).stdout;
  return {
    host,
    port,
    tlsPort,
    lmtpPort,
    caFile: join(dir.path, 'ca.pem'),
    user,
    password,
    deliver,
    breakMail: (nth) => chmod(join(maildir, 'new', nameOfMail(nth)), 0),
    forbid: (folder) => chmod(folderPath(maildir, folder), 0),
    allow: (folder) => chmod(folderPath(maildir, folder), 0o755),
    createFolder: (folder) => deliver([], folder),
    flags: async (folder = 'INBOX') =>
      readFlags(await doveadm('-f', 'tab', 'fetch', '-u', user, 'uid flags', 'mailbox', folder, 'all')),
    setUidValidity: async (value, folder = 'INBOX') => {
      await doveadm('mailbox', 'update', '-u', user, '--uid-validity', String(value), folder);
    },
    kick: async () => {
      await doveadm('kick', user);
    },
    restart: async () => {
      await ended(server);
      await rm(join(dir.path, 'run', 'master.pid'), { force: true });
      server = launch();
      await greeting(server, port);
    },
    doveadm,
    log: () => logOf(dir),
    stop: async () => {
      process.removeListener('exit', kill);
      await ended(server);
      await dir.remove();
    },
  };
}

interface Account {
  readonly user: string;
  readonly group: string;
  readonly ids: { readonly uid: number; readonly gid: number };
}

/** Dovecot's login process refuses to be root. */
function ownAccount(): Account {
  const { uid, username } = userInfo();
  const name = uid === 0 ? 'nobody' : username;
  const id = (flags: string): string => execFileSync('id', [flags, name], { encoding: 'utf8' }).trim();
  return { user: name, group: id('-gn'), ids: { uid: Number(id('-u')), gid: Number(id('-g')) } };
}

async function layOut(dir: string, { ids }: Account): Promise<void> {
  await chown(dir, ids.uid, ids.gid);
  for (const folder of ['run', 'state', 'log', 'mail', `mail/${user}`]) await ownFolder(join(dir, folder), ids);
  await makeMaildir(join(dir, 'mail', user, 'Maildir'), ids);
  await writeFile(join(dir, 'passwd'), `${user}:{PLAIN}${password}\n`);
}

async function ownCertificate(dir: string, { ids }: Account): Promise<void> {
  makeCertificates(dir, 'DNS:localhost,IP:127.0.0.1');
  await chown(join(dir, 'key.pem'), ids.uid, ids.gid);
}

function folderPath(maildir: string, folder: string): string {
  return folder === 'INBOX' ? maildir : join(maildir, `.${modifiedUtf7(folder).replaceAll('/', '.')}`);
}

/** Writes Maildir files: Dovecot gives UIDs in the order of the time in their names. */
function mailDelivery(maildir: string, ids: Account['ids']): Dovecot['deliver'] {
  let count = 0;
  return async (mails, folder = 'INBOX') => {
    const path = folderPath(maildir, folder);
    await makeMaildir(path, ids);
    for (const mail of mails) {
      count += 1;
      const at = dateOfMail(count);
      const file = join(path, 'tmp', nameOfMail(count));
      await writeFile(file, mail);
      await utimes(file, at, at);
      await chown(file, ids.uid, ids.gid);
      // A session that is open takes it away as soon as it is there.
      await rename(file, join(path, 'new', nameOfMail(count)));
    }
  };
}

/** Unix seconds of the `nth` mail delivered. */
function dateOfMail(nth: number): number {
  return Date.UTC(2024, 0, 1) / 1000 + nth;
}

function nameOfMail(nth: number): string {
  return `${dateOfMail(nth)}.M0P1.test`;
}

async function makeMaildir(path: string, ids: Account['ids']): Promise<void> {
  for (const folder of [path, join(path, 'tmp'), join(path, 'cur'), join(path, 'new')]) await ownFolder(folder, ids);
}

async function ownFolder(path: string, { uid, gid }: Account['ids']): Promise<void> {
  await mkdir(path, { recursive: true });
  await chown(path, uid, gid);
}

/** Resolves once the server greets; a login process that cannot start accepts connections and says nothing. */
async function greeting(server: ChildProcess, port: number): Promise<void> {
  const until = Date.now() + 10_000;
  while (Date.now() < until) {
    if (server.exitCode !== null || server.signalCode !== null) throw new Error('it ended');
    if (await greets(port)) return;
    await delay(5);
  }
  throw new Error('no greeting within 10 s');
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2_000, () => end(false));
    socket.once('data', (bytes: Buffer) => end(bytes.toString().startsWith('* OK')));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}

function readFlags(table: string): ReadonlyMap<number, readonly string[]> {
  const rows = table.trimEnd().split('\n').slice(1);
  return new Map(
    rows.map((row) => {
      const [uid = '', flags = ''] = row.split('\t');
      return [
        Number(uid),
        flags
          .split(' ')
          .filter((flag) => flag !== '' && flag !== '\\Recent')
          .sort(),
      ];
    }),
  );
}

/** SIGTERM would leave logged-in children behind. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    /* gone already */
  }
}

/** Kills it and waits for its end. */
async function ended(server: ChildProcess): Promise<void> {
  const exited = server.exitCode === null && server.signalCode === null ? once(server, 'exit') : null;
  killGroup(server);
  await exited;
}

function logOf(dir: TempDir): Promise<string> {
  return readFile(join(dir.path, 'log', 'dovecot.log'), 'utf8').catch(() => '(no log)');
}

function program(name: string): string {
  const path = findProgram(name);
  if (path === null) throw new Error(`${name} is not installed: run scripts/install-servers.mjs`);
  return path;
}
