import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { describeWith } from '../support/servers.js';
import { tempDir } from '../support/temp.js';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly pids_limit?: number;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

interface Stack {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
}

const read = (name: string) => parse(readFileSync(join('deploy', name), 'utf8'), { merge: true }) as Stack;
const { services, volumes } = read('compose.yaml');
const each = Object.entries(services);
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

describe('compose.yaml', () => {
  it('has the four services', () => {
    expect(Object.keys(services)).toEqual(['ruawatch', 'prometheus', 'alertmanager', 'grafana']);
  });

  it.each(each)('%s is pinned, unprivileged, and cannot write but to its volumes', (_, service) => {
    expect(service.image).toMatch(/:v?\d+\.\d+\.\d+$/);
    expect(service.user).toMatch(/^[1-9]\d*:\d+$/);
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    expect(service.pids_limit).toBeLessThanOrEqual(512);
  });

  it('Grafana has no login that is known to all', () => {
    const { environment = {} } = services['grafana'] ?? {};
    expect(environment['GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION']).toMatch(/^\$\{GRAFANA_NO_ADMIN:-true\}$/);
    expect(environment['GF_SECURITY_ADMIN_PASSWORD']).toMatch(/^\$\{GRAFANA_ADMIN_PASSWORD:-\}$/);
    expect(environment['GF_AUTH_ANONYMOUS_ORG_ROLE']).toBe('Viewer');
  });

  it('no secret stands in it, and none has a default', () => {
    for (const [name, { environment = {} }] of each)
      for (const [key, value] of Object.entries(environment))
        if (/PASSWORD|TOKEN|SECRET|KEY/.test(key)) expect([name, key, value]).toEqual([name, key, expect.stringMatching(/^\$\{\w+:-\}$/)]); // prettier-ignore
  });

  it.each(each)('%s listens on this machine only', (_, { ports = [] }) => {
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !/^127\.0\.0\.1:(\d+):\1$/.test(port))).toEqual([]);
  });

  it.each(each)('%s mounts what is there, read-only, and volumes that are declared', (_, { volumes: mounts = [] }) => {
    for (const mount of mounts) {
      const [from = '', , mode] = mount.split(':');
      if (from.startsWith('.')) expect([mode, existsSync(join('deploy', from))], mount).toEqual(['ro', true]);
      else expect(Object.keys(volumes), mount).toContain(from);
    }
  });

  it.each(each.filter(([name]) => name !== 'ruawatch'))(
    '%s is asked for its health at the port it publishes',
    (_, service) => {
      const [published = ''] = service.ports ?? [];
      expect(service.healthcheck?.test.join(' ')).toContain(`http://127.0.0.1:${published.split(':')[1]}/`);
    },
  );

  it('builds ruawatch from the folder of the Dockerfile, under the version of the package', () => {
    expect(services['ruawatch']).toMatchObject({ build: '..', image: `ruawatch:${version}` });
    expect(existsSync(join('deploy', services['ruawatch']?.build ?? '', 'Dockerfile'))).toBe(true);
  });

  it('gives Grafana every variable that its provisioning reads, and mounts the folder of the dashboards where it looks', () => {
    const folder = 'grafana/provisioning';
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
    const text = files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
    const wanted = [...text.matchAll(/(?<!\$)\$\{(\w+)\}/g)].map(([, name = '']) => name);
    expect(wanted.length).toBeGreaterThan(3);
    const { environment = {}, volumes: mounts = [] } = services['grafana'] ?? {};
    expect(wanted.filter((name) => !(name in environment))).toEqual([]);
    expect(mounts).toContain(`../grafana/dashboards:${environment['RUAWATCH_DASHBOARDS']}:ro`);
  });

  it.each([
    ['webhook', 'DMARC_WEBHOOK_URL'],
    ['email', 'DMARC_EMAIL'],
  ])('gives Grafana what the contact point by %s reads', (type, variable) => {
    const file = readFileSync(`deploy/grafana/notify-by-${type}.yaml`, 'utf8');
    const asked = [...file.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);
    expect(asked).toEqual([variable]);
    expect(Object.keys(services['grafana']?.environment ?? {})).toContain(variable);
    const { apiVersion, contactPoints, policies } = parse(file) as Notifying;
    expect([apiVersion, contactPoints.length, policies.length]).toEqual([1, 1, 1]);
    const [point, policy] = [contactPoints[0], policies[0]];
    expect(point).toMatchObject({ orgId: 1, receivers: [{ uid: `dmarc-${type}`, type }] });
    expect(policy).toMatchObject({ orgId: 1, receiver: point?.name });
    for (const wait of ['group_wait', 'group_interval', 'repeat_interval']) {
      expect([wait, policy?.[wait]]).toEqual([wait, expect.stringMatching(/^\d+[smh]$/)]);
    }
  });

  it('names each other by service and port', () => {
    const { scrape_configs: jobs, alerting } = parse(
      readFileSync('deploy/prometheus/prometheus.yml', 'utf8'),
    ) as Prometheus;
    const targets = [jobs, alerting.alertmanagers].flatMap((list) =>
      list.flatMap((one) => one.static_configs.flatMap((at) => at.targets)),
    );
    const urls = Object.values(services['grafana']?.environment ?? {}).filter((value) => value.startsWith('http'));
    const named = [...targets, ...urls.map((url) => new URL(url).host)];
    const ports = each.map(([name, { ports: [port = ''] = [] }]) => `${name}:${port.split(':')[2]}`);
    expect(named.filter((one) => !ports.includes(one))).toEqual([]);
    expect(new Set(named)).toEqual(new Set(['ruawatch:8080', 'alertmanager:9093', 'prometheus:9090']));
  });
});

interface Notifying {
  readonly apiVersion: number;
  readonly contactPoints: readonly { readonly name: string; readonly receivers: readonly object[] }[];
  readonly policies: readonly Readonly<Record<string, unknown>>[];
}

interface Prometheus {
  readonly scrape_configs: readonly Target[];
  readonly alerting: { readonly alertmanagers: readonly Target[] };
}

interface Target {
  readonly static_configs: readonly { readonly targets: readonly string[] }[];
}

describe('compose.demo.yaml', () => {
  it('changes nothing but the command of ruawatch, to a demo that others in the network reach', () => {
    expect(read('compose.demo.yaml')).toEqual({
      services: { ruawatch: { command: ['demo', '--listen', '0.0.0.0:8080'] } },
    });
  });
});

describeWith(['prometheus', 'alertmanager'], 'the settings that the stack mounts', () => {
  it('are accepted by promtool, rules included', () => {
    const told = execFileSync('promtool', ['check', 'config', 'deploy/prometheus/prometheus.yml'], {
      encoding: 'utf8',
    });
    expect(told).toContain('SUCCESS');
  });

  it('are accepted by amtool', () => {
    const told = execFileSync('amtool', ['check-config', 'deploy/alertmanager/alertmanager.yml'], { encoding: 'utf8' });
    expect(told).toContain('1 receivers');
  });

  it('are accepted by amtool with the samples filled in', async () => {
    const sample = readFileSync('deploy/alertmanager/alertmanager.yml', 'utf8');
    const filled = sample.replace(/^( *)# (?=- name| {2,})/gm, '$1');
    expect(parse(filled)).toMatchObject({ receivers: [{ name: 'page-only' }, { name: 'chat' }, { name: 'mail' }] });
    const folder = await tempDir();
    try {
      const path = join(folder.path, 'alertmanager.yml');
      writeFileSync(path, filled);
      expect(execFileSync('amtool', ['check-config', path], { encoding: 'utf8' })).toContain('3 receivers');
    } finally {
      await folder.remove();
    }
  });
});
