import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates } from '../support/certificates.js';
import { startDovecot } from '../support/dovecot.js';
import type { Dovecot } from '../support/dovecot.js';
import { portOf } from '../support/ports.js';
import { runRuawatch, startRuawatch, until } from '../support/ruawatch.js';
import { describeWith } from '../support/servers.js';
import type { TempDir } from '../support/temp.js';
import { tempDir } from '../support/temp.js';

let folder: TempDir;
beforeAll(async () => {
  folder = await tempDir();
});
afterAll(() => folder.remove());

describe("a webhook whose certificate is from an authority of one's own", () => {
  let server: Server;
  let asked = 0;
  let env: Record<string, string>;

  beforeAll(async () => {
    makeCertificates(folder.path, 'IP:127.0.0.1');
    const read = (name: string) => readFileSync(join(folder.path, name));
    server = createServer({ key: read('key.pem'), cert: read('cert.pem') }, (request, response) => {
      asked += 1;
      request.resume().on('end', () => response.writeHead(204).end());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    env = {
      RUAWATCH_WEBHOOK_URL: `https://127.0.0.1:${portOf(server)}/hook`,
      RUAWATCH_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    };
  });
  afterAll(() => server.close());

  it('is not trusted by itself, and the remedy is named', async () => {
    const { code, stdout } = await runRuawatch(['notify', 'test', 'webhook'], { env, cwd: folder.path });
    expect(stdout).toContain('name the PEM file of that authority in NODE_EXTRA_CA_CERTS');
    expect([code, asked]).toEqual([1, 0]);
  });

  it('gets its messages once NODE_EXTRA_CA_CERTS names the authority', async () => {
    const trusting = { ...env, NODE_EXTRA_CA_CERTS: join(folder.path, 'ca.pem') };
    const { code, stdout } = await runRuawatch(['notify', 'test', 'webhook'], { env: trusting, cwd: folder.path });
    expect(stdout).toContain('✓');
    expect([code, asked]).toEqual([0, 1]);
  });
});

describeWith(['dovecot'], "an IMAP server whose certificate is from an authority of one's own", () => {
  let dovecot: Dovecot;
  const settings = (more: Readonly<Record<string, string>>) => ({
    RUAWATCH_IMAP_HOST: dovecot.host,
    RUAWATCH_IMAP_PORT: String(dovecot.tlsPort),
    RUAWATCH_IMAP_USER: dovecot.user,
    RUAWATCH_IMAP_PASSWORD: dovecot.password,
    RUAWATCH_DB: join(folder.path, 'imap.db'),
    ...more,
  });

  beforeAll(async () => {
    dovecot = await startDovecot();
    await dovecot.deliver(['From: post@example.org\r\nSubject: a letter\r\n\r\nGood day.\r\n']);
  });
  afterAll(() => dovecot.stop());

  it('is not trusted by itself, and the remedy is named', async () => {
    const { code, stdout } = await runRuawatch(['check'], { env: settings({}), cwd: folder.path });
    expect(stdout).toContain('set ca_file of the mailbox to the PEM file of the authority that signed it');
    expect(code).toBe(1);
  });

  it('is read once ca_file names the authority', async () => {
    const service = await startRuawatch(settings({ RUAWATCH_IMAP_CA_FILE: dovecot.caFile }));
    try {
      await until(async () => (await service.json<{ rows: unknown[] }>('/api/v1/mails')).rows.length === 1);
    } finally {
      await service.stop();
    }
  });
});
