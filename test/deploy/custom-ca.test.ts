import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { portOf } from '../support/ports.js';
import { runRuawatch } from '../support/ruawatch.js';
import type { TempDir } from '../support/temp.js';
import { tempDir } from '../support/temp.js';

const title = "a webhook whose certificate is from an authority of one's own";

let folder: TempDir;
let server: Server;
let asked = 0;
let env: Record<string, string>;

const openssl = (words: string) => execFileSync('openssl', words.split(' '), { cwd: folder.path, stdio: 'ignore' });

beforeAll(async () => {
  folder = await tempDir();
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  openssl(`req -x509 ${key} -days 2 -subj /CN=Authority -keyout ca.key -out ca.pem`);
  openssl(`req ${key} -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout server.key -out server.csr`);
  openssl(
    'x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -copy_extensions copy -out server.pem',
  );
  const read = (name: string) => readFileSync(join(folder.path, name));
  server = createServer({ key: read('server.key'), cert: read('server.pem') }, (request, response) => {
    asked += 1;
    request.resume().on('end', () => response.writeHead(204).end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  env = {
    RUAWATCH_WEBHOOK_URL: `https://127.0.0.1:${portOf(server)}/hook`,
    RUAWATCH_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  };
});
afterAll(async () => {
  server.close();
  await folder.remove();
});

it(`${title} is not trusted by itself, and the remedy is named`, async () => {
  const { code, stdout } = await runRuawatch(['notify', 'test', 'webhook'], { env, cwd: folder.path });
  expect(stdout).toContain('name the PEM file of that authority in NODE_EXTRA_CA_CERTS');
  expect([code, asked]).toEqual([1, 0]);
});

it(`${title} gets its messages once NODE_EXTRA_CA_CERTS names the authority`, async () => {
  const trusting = { ...env, NODE_EXTRA_CA_CERTS: join(folder.path, 'ca.pem') };
  const { code, stdout } = await runRuawatch(['notify', 'test', 'webhook'], { env: trusting, cwd: folder.path });
  expect(stdout).toContain('✓');
  expect([code, asked]).toEqual([0, 1]);
});
