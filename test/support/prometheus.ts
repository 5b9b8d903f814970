import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './ports.js';
import { findProgram } from './servers.js';
import { tempDir } from './temp.js';

export interface PrometheusOptions {
  /** `host:port` whose /metrics is scraped every second. */
  readonly scrape: string;
  /** A file of rules, evaluated as it says. */
  readonly rules?: string;
  /** `http://host:port` of the Alertmanager that is told. */
  readonly alertmanager?: string;
  /** A folder with blocks of history; it is not removed. Absent: an empty one. */
  readonly data?: string;
  /** How long a sample is the value of its series; as usual when absent. */
  readonly lookbackHours?: number;
}

/** One series of an answer: an instant query gives one value, a range query several. Values are [Unix seconds, text]. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

/** A real Prometheus on loopback in a folder of its own. */
export interface Prometheus {
  /** `http://host:port` */
  readonly address: string;
  /** Rejects with what Prometheus says is wrong with the expression. */
  query(expr: string): Promise<readonly Series[]>;
  /** Times in Unix seconds. */
  queryRange(expr: string, span: { start: number; end: number; step: number }): Promise<readonly Series[]>;
  /** Asks until there is a series. The first scrape comes some five seconds after the start. */
  waitFor(expr: string): Promise<readonly Series[]>;
  stop(): Promise<void>;
}

const startMs = 20_000;
const pauseMs = 100;

export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const dir = await tempDir();
  const port = await freePort();
  await writeFile(join(dir.path, 'prometheus.yml'), configuration(options));
  const output: string[] = [];
  const server = run(dir.path, port, options, output);
  const kill = (): void => killGroup(server);
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    process.removeListener('exit', kill);
    const exited = server.exitCode === null && server.signalCode === null ? once(server, 'exit') : null;
    kill();
    await exited;
    await dir.remove();
  };
  const address = `http://127.0.0.1:${port}`;
  try {
    await ready(server, address);
  } catch (error) {
    await stop();
    throw new Error(`Prometheus does not start:\n${output.join('')}`, { cause: error });
  }
  return { address, ...queries(address), stop };
}

function configuration({ scrape, rules, alertmanager }: PrometheusOptions): string {
  return [
    'global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }',
    'scrape_configs:',
    '  - job_name: dmarc',
    `    static_configs: [{ targets: ['${scrape}'] }]`,
    ...(rules === undefined ? [] : [`rule_files: ['${rules}']`]),
    ...(alertmanager === undefined
      ? []
      : [`alerting: { alertmanagers: [{ static_configs: [{ targets: ['${new URL(alertmanager).host}'] }] }] }`]),
    '',
  ].join('\n');
}

function run(dir: string, port: number, options: PrometheusOptions, output: string[]): ChildProcess {
  const program = findProgram('prometheus');
  if (program === null) throw new Error('prometheus is not installed: run scripts/install-servers.mjs');
  const flags = [
    `--config.file=${join(dir, 'prometheus.yml')}`,
    `--storage.tsdb.path=${options.data ?? join(dir, 'data')}`,
    '--storage.tsdb.retention.time=200d',
    `--web.listen-address=127.0.0.1:${port}`,
    ...(options.lookbackHours === undefined ? [] : [`--query.lookback-delta=${options.lookbackHours}h`]),
  ];
  const server = spawn(program, flags, { cwd: dir, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  server.on('error', (error) => output.push(String(error)));
  server.stderr?.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  return server;
}

async function ready(server: ChildProcess, address: string): Promise<void> {
  const until = Date.now() + startMs;
  while (Date.now() < until) {
    if (server.exitCode !== null) throw new Error(`it ended with exit code ${server.exitCode}`);
    const answer = await fetch(`${address}/-/ready`).catch(() => null);
    if (answer?.ok) return;
    await delay(pauseMs);
  }
  throw new Error(`not ready within ${startMs / 1000} s`);
}

function queries(address: string): Pick<Prometheus, 'query' | 'queryRange' | 'waitFor'> {
  const query = (expr: string) => ask(address, 'query', { query: expr });
  return {
    query,
    queryRange: (expr, { start, end, step }) =>
      ask(address, 'query_range', { query: expr, start: String(start), end: String(end), step: String(step) }),
    waitFor: async (expr) => {
      for (;;) {
        const series = await query(expr);
        if (series.length > 0) return series;
        await delay(pauseMs);
      }
    },
  };
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: {
    readonly result: readonly {
      readonly metric: Series['metric'];
      readonly value?: readonly [number, string];
      readonly values?: Series['values'];
    }[];
  };
}

async function ask(address: string, path: string, params: Record<string, string>): Promise<readonly Series[]> {
  const response = await fetch(`${address}/api/v1/${path}?${new URLSearchParams(params)}`);
  const answer = (await response.json()) as Answer;
  if (answer.status !== 'success') throw new Error(`${params['query']}: ${answer.error ?? response.status}`);
  return (answer.data?.result ?? []).map(({ metric, value, values }) => ({
    metric,
    values: values ?? (value ? [value] : []),
  }));
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    /* gone already */
  }
}
