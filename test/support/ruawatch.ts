import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Webhook } from 'standardwebhooks';

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export type Env = Readonly<Record<string, string>>;

/** The environment of a child: nothing of ours but what the test sets. */
function environment(env: Env): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('RUAWATCH_'));
  return { ...Object.fromEntries(kept), ...env };
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built program to its end. */
export async function runRuawatch(
  args: readonly string[],
  options: { env?: Env; cwd?: string; stdin?: Buffer } = {},
): Promise<Finished> {
  const child = spawn(process.execPath, [program, ...args], { env: environment(options.env ?? {}), cwd: options.cwd });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  child.stdin.end(options.stdin ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: stdout(), stderr: stderr() };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

/** A running service. */
export interface Running {
  readonly base: string;
  readonly child: ChildProcess;
  log(): string;
  json<T>(path: string): Promise<T>;
  /** Value of a metric, with its labels written as in the exposition; null when it is not there. */
  metric(name: string): Promise<number | null>;
  /** Peak resident memory in MiB. */
  peakMemory(): number;
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

/** Starts `serve` on a free port and waits until it answers. */
export async function startRuawatch(env: Env, args: readonly string[] = []): Promise<Running> {
  const port = await freePort();
  const child = spawn(process.execPath, [program, 'serve', ...args], {
    // Whoever looks up names brings a name server.
    env: environment({ RUAWATCH_PTR_LOOKUPS: 'off', ...env, RUAWATCH_LISTEN: `127.0.0.1:${port}` }),
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: tmpdir(),
  });
  const log = collect(child.stderr);
  const base = `http://127.0.0.1:${port}`;
  const running: Running = {
    base,
    child,
    log,
    json: async <T>(path: string) => (await (await fetch(base + path)).json()) as T,
    metric: async (name) => metricIn(await (await fetch(`${base}/metrics`)).text(), name),
    peakMemory: () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const ended = once(child, 'close');
      child.kill(signal);
      return ((await ended) as [number | null])[0];
    },
  };
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}: ${log()}`);
    return (await fetch(`${base}/healthz`).catch(() => null))?.ok ?? false;
  });
  return running;
}

export function metricIn(exposition: string, name: string): number | null {
  const line = exposition.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? null : Number(line.slice(name.length + 1));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Asks again and again until the answer is true; the test's own time-out is the bound. */
export async function until(ask: () => Promise<boolean>, everyMs = 50): Promise<void> {
  while (!(await ask())) await delay(everyMs);
}

export interface SunkEvent {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Sink {
  readonly env: Env;
  /** Events whose signature the Standard Webhooks library accepted. */
  readonly events: readonly SunkEvent[];
  /** Requests that it refused. */
  readonly refused: readonly string[];
  close(): Promise<void>;
}

const secret = `whsec_${Buffer.from('a secret of thirty-two bytes. ok').toString('base64')}`;

/** A webhook receiver that checks signatures as a user of the library would. */
export async function openSink(): Promise<Sink> {
  const events: SunkEvent[] = [];
  const refused: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      try {
        const event = new Webhook(secret).verify(body, request.headers as Record<string, string>) as Omit<
          SunkEvent,
          'id'
        >;
        events.push({ ...event, id: String(request.headers['webhook-id']) });
      } catch (error) {
        refused.push(String(error));
      }
      response.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    env: { RUAWATCH_WEBHOOK_URL: `http://127.0.0.1:${port}/hook`, RUAWATCH_WEBHOOK_SECRET: secret },
    events,
    refused,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
