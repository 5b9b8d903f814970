import { execFile, execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSources } from '../../src/source/source.js';
import type { Source } from '../../src/source/source.js';
import { freePort } from '../support/ports.js';
import { tempDir } from '../support/temp.js';
import type { TempDir } from '../support/temp.js';
import { Bench } from './harness.js';

let bench: Bench;
let port: number;
beforeEach(async () => {
  bench = new Bench();
  port = await freePort();
});
afterEach(() => bench.stopAll());

interface Files {
  readonly tls_cert_file: string;
  readonly tls_key_file: string;
}

function source(files: Files): Source {
  const listen = `127.0.0.1:${port}`;
  const smtp = { listen, protocol: 'smtp' as const, recipients: ['dmarc@example.org'], hostname: null, ...files };
  const [only] = openSources({ mailboxes: [], directories: [], smtp }, bench.deps());
  if (!only) throw new Error('no source');
  return only;
}

async function listening(files: Files): Promise<void> {
  bench.run(source(files));
  await bench.polled(1);
}

/** What another program reads of the certificate. */
function subjectOf(listener: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const args = ['s_client', '-starttls', 'smtp', '-connect', `127.0.0.1:${listener}`];
    const child = execFile('openssl', args, { timeout: 10_000 }, (error, out) =>
      error && out === '' ? reject(new Error(error.message)) : resolve(/subject=.*/.exec(out)?.[0] ?? ''),
    );
    child.stdin?.end('QUIT\n');
  });
}

describe('STARTTLS', () => {
  let folder: TempDir;
  beforeEach(async () => {
    folder = await tempDir();
  });
  afterEach(() => folder.remove());

  const certificate = (name: string) => {
    const files = { tls_cert_file: join(folder.path, 'cert.pem'), tls_key_file: join(folder.path, 'key.pem') };
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
      '-keyout', files.tls_key_file, '-out', files.tls_cert_file, '-days', '2', '-subj', `/CN=${name}`], { stdio: 'ignore' }); // prettier-ignore
    return files;
  };

  test('is offered with a certificate, and a mail is taken over it', async () => {
    await listening(certificate('mx.example.org'));
    const transport = createTransport({
      host: '127.0.0.1',
      port,
      requireTLS: true,
      tls: { rejectUnauthorized: false },
    });
    await transport.sendMail({ from: 'a@mx.example', to: 'dmarc@example.org', subject: 'over TLS', text: 'hello' });
    transport.close();
    expect(bench.intake.texts.join()).toContain('over TLS');
  });

  test('a certificate that is renewed is taken up at the next look', async () => {
    const files = certificate('old.example');
    await listening(files);
    expect(await subjectOf(port)).toContain('old.example');
    certificate('renewed.example');
    bench.clock.wake();
    await bench.polled(2);
    expect(await subjectOf(port)).toContain('renewed.example');
  });

  test('a file that holds no key is a failed look with its name, and no port is opened', async () => {
    const files = certificate('mx.example.org');
    await writeFile(files.tls_key_file, 'nothing');
    bench.run(source(files));
    expect(await bench.failed(1)).toMatchObject({
      reason: 'tls',
      message: expect.stringContaining('key.pem') as string,
    });
    await expect(source(files).probe(new AbortController().signal)).rejects.toThrow('key.pem');
  });
});
