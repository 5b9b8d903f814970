import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readConfig } from '../../src/config/read.js';
import { readDockerfile, runOf } from '../support/dockerfile.js';
import { findProgram } from '../support/servers.js';
import { tempDir } from '../support/temp.js';

const folder = 'deploy/kubernetes';
const read = <T>(name: string) => parse(readFileSync(join(folder, name), 'utf8')) as T;

interface Deployment {
  readonly spec: {
    readonly replicas: number;
    readonly strategy: { readonly type: string };
    readonly selector: { readonly matchLabels: Labels };
    readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: Pod };
  };
}

type Labels = Readonly<Record<string, string>>;

interface Pod {
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly Container[];
  readonly volumes: readonly Readonly<Record<string, unknown> & { name: string }>[];
}

interface Container extends Readonly<Record<'startupProbe' | 'livenessProbe' | 'readinessProbe', Probe>> {
  readonly image: string;
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly resources: { readonly limits: Labels };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

const { spec } = read<Deployment>('deployment.yaml');
const pod = spec.template.spec;
const [container] = pod.containers;
const final = readDockerfile('Dockerfile').at(-1);
if (container === undefined || final === undefined) throw new Error('a container and a stage are expected');
const run = runOf(final);

describe('the manifests', () => {
  it('run one writer, which ends before the next one starts', () => {
    expect([spec.replicas, spec.strategy.type]).toEqual([1, 'Recreate']);
  });

  it('run it as the user of the image, without privileges, on a root that cannot be written', () => {
    const [user, group] = run.user.split(':').map(Number);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: group,
      fsGroup: group,
    });
    expect(pod.securityContext['seccompProfile']).toEqual({ type: 'RuntimeDefault' });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(container.resources.limits).toHaveProperty('memory');
  });

  it('ask for life and readiness at the port of the image', () => {
    const [port] = container.ports;
    expect(`0.0.0.0:${port?.containerPort}`).toBe(run.env['RUAWATCH_LISTEN']);
    const { startupProbe, livenessProbe, readinessProbe } = container;
    const asked = [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet);
    expect(asked).toEqual(['/healthz', '/healthz', '/readyz'].map((path) => ({ path, port: port?.name })));
  });

  it('mount a volume of the pod at every place, and the claim where the image has its database', () => {
    const names = pod.volumes.map(({ name }) => name);
    expect(container.volumeMounts.filter(({ name }) => !names.includes(name))).toEqual([]);
    const { metadata } = read<{ metadata: { name: string } }>('persistentvolumeclaim.yaml');
    const data = pod.volumes.find((volume) => 'persistentVolumeClaim' in volume);
    expect(data?.['persistentVolumeClaim']).toEqual({ claimName: metadata.name });
    const place = container.volumeMounts.find(({ name }) => name === data?.name);
    expect(run.env['RUAWATCH_DB']).toBe(`${place?.mountPath}/ruawatch.db`);
  });

  it('select each other by one label and one port', () => {
    const labels = spec.template.metadata.labels;
    const service = read<{
      metadata: { labels: Labels };
      spec: { selector: Labels; ports: { name: string; targetPort: string }[] };
    }>('service.yaml');
    const monitor = read<{ spec: { selector: { matchLabels: Labels }; endpoints: { port: string }[] } }>(
      'servicemonitor.yaml',
    );
    expect([spec.selector.matchLabels, service.spec.selector]).toEqual([labels, labels]);
    expect(monitor.spec.selector.matchLabels).toEqual(service.metadata.labels);
    expect(service.spec.ports.map(({ targetPort }) => targetPort)).toEqual(container.ports.map(({ name }) => name));
    expect(monitor.spec.endpoints.map(({ port }) => port)).toEqual(service.spec.ports.map(({ name }) => name));
  });

  it('carry settings that ruawatch accepts, with the secrets where they are mounted', async () => {
    const { data } = read<{ data: Record<string, string> }>('configmap.yaml');
    const text = data['ruawatch.yaml'] ?? '';
    const secrets = container.volumeMounts.find(({ name }) => name === 'secrets')?.mountPath ?? 'nowhere';
    const files = [...text.matchAll(/_file: (\S+)/g)].map(([, file = '']) => file);
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !file.startsWith(`${secrets}/`))).toEqual([]);
    const here = await tempDir();
    try {
      writeFileSync(join(here.path, 'imap-password'), 'secret\n');
      writeFileSync(join(here.path, 'api-token'), '0123456789abcdef\n');
      const path = join(here.path, 'settings.yaml');
      writeFileSync(path, text.replaceAll(secrets, here.path));
      expect(readConfig({ path, env: {} })).toMatchObject({
        mailboxes: [{ host: 'imap.example.org', password: 'secret' }],
        api_token: '0123456789abcdef',
      });
    } finally {
      await here.remove();
    }
  });

  it('are all named by the kustomization but the one that needs an operator, and tag the version of the package', () => {
    const { resources, images } = read<{ resources: string[]; images: { name: string; newTag: string }[] }>(
      'kustomization.yaml',
    );
    const files = readdirSync(folder).filter((file) => file !== 'kustomization.yaml');
    expect([...resources, 'servicemonitor.yaml'].sort()).toEqual(files.sort());
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(images).toMatchObject([{ name: container.image, newTag: version }]);
  });
});

const found = findProgram('kubectl');
const title = 'kubectl';
if (found === null) console.warn(`NOT TESTED, ${title} NOT INSTALLED: the kustomization`);

describe.skipIf(found === null)(found === null ? `NOT TESTED, ${title} NOT INSTALLED` : title, () => {
  it('builds the kustomization into the four objects', () => {
    const built = parseAllDocuments(execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8' }));
    const kinds = built.map((one) => (one.toJS() as { kind: string }).kind);
    expect(kinds.sort()).toEqual(['ConfigMap', 'Deployment', 'PersistentVolumeClaim', 'Service']);
  });
});
