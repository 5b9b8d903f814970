import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './ports.js';
import { findProgram } from './servers.js';
import { tempDir } from './temp.js';

/** An alert as Alertmanager gives it back. */
export interface KnownAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
}

/** A real Alertmanager on loopback in a folder of its own. */
export interface Alertmanager {
  /** `http://host:port` */
  readonly address: string;
  /** What it holds to be open. */
  alerts(): Promise<readonly KnownAlert[]>;
  stop(): Promise<void>;
}

const startMs = 20_000;

/** `webhook`: where it sends what fires and what is resolved, at once; nowhere when absent. */
export async function startAlertmanager(webhook?: string): Promise<Alertmanager> {
  const dir = await tempDir();
  const [port, program] = [await freePort(), findProgram('prometheus-alertmanager')];
  const config = join(dir.path, 'alertmanager.yml');
  await writeFile(config, configuration(webhook));
  const flags = [`--config.file=${config}`, `--storage.path=${join(dir.path, 'data')}`];
  const listen = [`--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='];
  const server = spawn(program ?? 'prometheus-alertmanager', [...flags, ...listen], { stdio: 'ignore' });
  const address = `http://127.0.0.1:${port}`;
  const kill = (): void => void server.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    process.removeListener('exit', kill);
    const exited = server.exitCode === null ? once(server, 'exit') : null;
    kill();
    await exited;
    await dir.remove();
  };
  const until = Date.now() + startMs;
  while (!(await fetch(`${address}/-/ready`).catch(() => null))?.ok) {
    if (Date.now() > until || server.exitCode !== null) {
      await stop();
      throw new Error('Alertmanager does not start');
    }
    await delay(50);
  }
  return {
    address,
    alerts: async () => (await (await fetch(`${address}/api/v2/alerts`)).json()) as readonly KnownAlert[],
    stop,
  };
}

function configuration(webhook: string | undefined): string {
  if (webhook === undefined) return 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n';
  const route = "route: { receiver: hook, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }";
  return `${route}\nreceivers: [{ name: hook, webhook_configs: [{ url: '${webhook}', send_resolved: true }] }]\n`;
}
