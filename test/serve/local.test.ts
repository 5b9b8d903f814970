import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.js';
import { ask } from '../support/raw-http.js';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';

const token = 'an-api-token-of-ours';
const withToken = { authorization: `Bearer ${token}` };

let server: SampleServer;
afterEach(() => server.close());

async function open(changes: Partial<Config> = {}): Promise<void> {
  server = await sampleServer(changes);
}
const statusOf = async (path: string, headers: Readonly<Record<string, string>>) =>
  (await ask(server.address, path, headers)).status;

describe('where only this machine is to read, without a token', () => {
  it.each(['127.0.0.1:8080', 'localhost', 'LOCALHOST.:8080', '[::1]:8080', 'ruawatch:8080', 'dmarc.localhost', '203.0.113.7'])('the name %s is taken', async (host) => {
    await open();
    expect(await statusOf('/api/v1/domains', { host })).toBe(200);
  }); // prettier-ignore

  it.each(['evil.example', 'evil.example:8080', '127.0.0.1.evil.example', 'localhost.evil.example', 'xlocalhost.example'])('a page of %s reads nothing', async (host) => {
    await open();
    for (const path of ['/', '/api/v1/domains', '/api/docs/json', '/metrics', '/alerts/al_1'])
      expect([path, await statusOf(path, { host })]).toEqual([path, 421]);
    const { body } = await ask(server.address, '/api/v1/domains', { host });
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'misdirected', message: expect.stringContaining('set public_url') as string } });
    expect(await statusOf('/healthz', { host })).toBe(200);
  }); // prettier-ignore

  it('the name of public_url is taken, and no other', async () => {
    await open({ public_url: 'https://Dmarc.Example.org:8443/rua/' });
    expect(await statusOf('/api/v1/domains', { host: 'dmarc.example.org' })).toBe(200);
    expect(await statusOf('/api/v1/domains', { host: 'other.example.org' })).toBe(421);
  });

  it('a container whose port is published on loopback only is held to the same', async () => {
    await open({ listen: '0.0.0.0:0', public_url: 'http://127.0.0.1:8080' });
    expect(await statusOf('/api/v1/domains', { host: 'ruawatch:8080' })).toBe(200);
    expect(await statusOf('/api/v1/domains', { host: 'evil.example' })).toBe(421);
  });

  it('where others are to read as well, any name is taken', async () => {
    await open({ listen: '0.0.0.0:0' });
    expect(await statusOf('/api/v1/domains', { host: 'dmarc.example.org' })).toBe(200);
  });
});

describe('with a token', () => {
  it('any name is taken of who shows it', async () => {
    await open({ api_token: token });
    expect(await statusOf('/api/v1/domains', { host: 'dmarc.example.org', ...withToken })).toBe(200);
    expect(await statusOf('/api/v1/domains', { host: 'dmarc.example.org' })).toBe(401);
  });

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])('metrics are open on loopback, but not through a proxy that adds %s', async (name) => {
    await open({ api_token: token });
    expect(await statusOf('/metrics', {})).toBe(200);
    expect(await statusOf('/metrics', { [name]: '198.51.100.7' })).toBe(401);
    expect(await statusOf('/metrics', { [name]: '198.51.100.7', ...withToken })).toBe(200);
    expect(await statusOf('/metrics', { host: 'dmarc.example.org' })).toBe(401);
  }); // prettier-ignore

  it('readiness names the checks to this machine and to who may read, and to nobody else', async () => {
    await open({ api_token: token });
    const checksOf = async (headers: Readonly<Record<string, string>>) => {
      const { status, body } = await ask(server.address, '/readyz', headers);
      return [status, (JSON.parse(body) as { checks: { name: string }[] }).checks.map(({ name }) => name)];
    };
    const away = { 'x-forwarded-for': '198.51.100.7' };
    expect(await checksOf({})).toEqual([503, ['store', 'mailbox inbox']]);
    expect(await checksOf(away)).toEqual([503, []]);
    expect(await checksOf({ ...away, authorization: 'Bearer a-wrong-token' })).toEqual([503, []]);
    expect(await checksOf({ ...away, ...withToken })).toEqual([503, ['store', 'mailbox inbox']]);
  });
});

describe('a path that cannot be read', () => {
  it.each(['/%', '/alerts/%ff', `/alerts/${'a'.repeat(201)}`])('%s is refused like any other, with every header', async (path) => {
    await open();
    const { status, headers, body } = await ask(server.address, path);
    expect([400, 414]).toContain(status);
    expect(JSON.parse(body)).toEqual({ error: { code: 'bad_request', message: expect.any(String) as string, where: null } });
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', 'x-frame-options': 'DENY' });
    expect(body.length).toBeLessThan(400);
  }); // prettier-ignore
});
