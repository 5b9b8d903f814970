import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { whyNoRoot } from '../support/image-root.js';
import { until } from '../support/ruawatch.js';
import { describeWith, findProgram } from '../support/servers.js';
import type { TempDir } from '../support/temp.js';
import { tempDir } from '../support/temp.js';

interface Service {
  readonly command?: readonly string[];
  readonly volumes: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly environment?: Readonly<Record<string, string>>;
}

type Stack = Readonly<Record<string, Service>>;

const servicesOf = (name: string) =>
  (parse(readFileSync(join('deploy', name), 'utf8'), { merge: true }) as { services: Stack }).services;
const services = servicesOf('compose.yaml');
const demo = servicesOf('compose.demo.yaml')['ruawatch']?.command ?? [];

let folder: TempDir;
/** Holds the network in which the services find each other by name. */
let holder: ChildProcess;
const running: ChildProcess[] = [];

/** Words that run a program in that network. */
const inside = () => ['nsenter', '--target', String(holder.pid), '--mount', '--net', '--'] as const;

function start(words: readonly string[]): void {
  const [command, ...args] = [...inside(), ...words];
  running.push(spawn(command, args, { stdio: 'ignore' }));
}

function ask(url: string): string {
  const code = `fetch(${JSON.stringify(url)}).then(async (answer) => console.log(await answer.text()))`;
  const [command, ...args] = [...inside(), process.execPath, '-e', code];
  return spawnSync(command, args, { encoding: 'utf8' }).stdout;
}

/** The flags of a service, with what the stack mounts found on this machine. */
function flagsOf(name: string): string[] {
  const { command = [], volumes } = services[name] ?? { volumes: [] };
  const mounts = volumes.map((mount) => mount.split(':'));
  return command.map((flag) =>
    mounts.reduce((text, [from = '', to = '']) => text.replace(`=${to}`, `=${join(folder.path, from)}`), flag),
  );
}

/** The settings as they are, but scraped each second. */
function layOut(): void {
  for (const name of ['prometheus', 'alertmanager']) {
    cpSync(join('deploy', name), join(folder.path, `./${name}`), { recursive: true });
  }
  const path = join(folder.path, 'prometheus/prometheus.yml');
  writeFileSync(path, readFileSync(path, 'utf8').replace('scrape_interval: 60s', 'scrape_interval: 1s'));
  mkdirSync(join(folder.path, 'data'));
  writeFileSync(join(folder.path, 'hosts'), `127.0.0.1 localhost ${Object.keys(services).join(' ')}\n`);
}

const why = whyNoRoot();
const title = 'the stack, as it is composed';
if (why !== null) console.warn(`NOT TESTED, ${why}: ${title}`);

if (why === null)
  describeWith(['prometheus', 'alertmanager'], title, () => {
    beforeAll(async () => {
      folder = await tempDir();
      layOut();
      const script = `ip link set lo up; mount --bind ${join(folder.path, 'hosts')} /etc/hosts; echo ready; exec sleep infinity`;
      holder = spawn('unshare', ['--mount', '--net', 'sh', '-ec', script], { stdio: ['ignore', 'pipe', 'inherit'] });
      if (holder.stdout) await once(holder.stdout, 'data');
      start([process.execPath, resolve('dist/main.js'), ...demo, '--days', '10']);
      start(['prometheus', ...flagsOf('prometheus')]);
      start(['prometheus-alertmanager', ...flagsOf('alertmanager')]);
    });
    afterAll(async () => {
      for (const child of [...running, holder]) {
        const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
        child.kill('SIGKILL');
        await ended;
      }
      await folder.remove();
    });

    it('has Prometheus scrape ruawatch by its name, under the job that the rules look for', async () => {
      const query = encodeURIComponent('up{job="dmarc",instance="ruawatch:8080"}');
      await until(async () => ask(`http://prometheus:9090/api/v1/query?query=${query}`).includes(',"1"]'));
    });

    it('has Prometheus load the rules beside its settings', async () => {
      const files = readdirSync('deploy/prometheus').filter((file) => file.endsWith('.rules.yml'));
      const groups = files.flatMap((file) =>
        (
          parse(readFileSync(join('deploy/prometheus', file), 'utf8')) as { groups: readonly { name: string }[] }
        ).groups.map(({ name }) => name),
      );
      await until(async () => ask('http://prometheus:9090/-/ready').includes('Ready'));
      const { data } = JSON.parse(ask('http://prometheus:9090/api/v1/rules')) as {
        data: { groups: readonly { name: string }[] };
      };
      expect(data.groups.map(({ name }) => name).sort()).toEqual(groups.sort());
    });

    it('has Prometheus send alerts to Alertmanager by its name', async () => {
      await until(async () =>
        ask('http://prometheus:9090/api/v1/alertmanagers').includes('"url":"http://alertmanager:9093/api/v2/alerts"'),
      );
      await until(async () => ask('http://alertmanager:9093/api/v2/status').includes('receiver: page-only'));
    });

    it('answers at the addresses that Grafana is given', async () => {
      const { PROMETHEUS_URL, RUAWATCH_URL } = services['grafana']?.environment ?? {};
      await until(async () => ask(`${RUAWATCH_URL}/api/v1/domains`).includes('acme.example'));
      await until(async () => ask(`${PROMETHEUS_URL}/api/v1/labels`).includes('"job"'));
    });

    it.skipIf(findProgram('wget') === null).each(['prometheus', 'alertmanager'])(
      'finds %s healthy by its own healthcheck',
      async (name) => {
        const [, ...words] = services[name]?.healthcheck?.test ?? [];
        const [command, ...args] = [...inside(), ...words];
        await until(async () => spawnSync(command, args).status === 0);
      },
    );
  });
