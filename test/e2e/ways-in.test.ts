import { chmod, mkdir, symlink } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limits } from '../../src/config/limits.js';
import { openStoreReader } from '../../src/store/reader.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { freePort } from '../support/ports.js';
import { startPostfix } from '../support/postfix.js';
import type { Postfix } from '../support/postfix.js';
import { runRuawatch, startRuawatch, until } from '../support/ruawatch.js';
import type { Env, Running } from '../support/ruawatch.js';
import { describeWith } from '../support/servers.js';

const token = 'a-push-token-of-ours';
let folder: TempFiles;
let env: Env;
let services: Running[];

beforeEach(async () => {
  folder = await tempFiles();
  env = { RUAWATCH_DB: folder.at('ruawatch.db'), RUAWATCH_PUSH_TOKEN: token };
  services = [];
});

afterEach(async () => {
  for (const service of services) await service.stop();
  await folder.remove();
});

async function serve(more: Env = {}): Promise<Running> {
  const service = await startRuawatch({ ...env, ...more });
  services.push(service);
  return service;
}

/** One report of 5 messages; `id` has two digits, so that all have one size. */
const report = (
  id: number,
) => `<?xml version="1.0"?><feedback><version>1.0</version><report_metadata><org_name>mx.example</org_name>
<email>dmarc@mx.example</email><report_id>${id}</report_id><date_range><begin>1788220800</begin><end>1788307199</end></date_range></report_metadata>
<policy_published><domain>example.org</domain><p>none</p></policy_published>
<record><row><source_ip>198.51.100.7</source_ip><count>5</count><policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>example.org</header_from></identifiers><auth_results/></record></feedback>`;

const mail = (id: number) => `From: reports@mx.example
To: dmarc@example.org
Subject: Report domain: example.org Submitter: mx.example Report-ID: ${id}
Message-ID: <${id}@mx.example>
MIME-Version: 1.0
Content-Type: application/xml; name="mx.example!example.org!1788220800!1788307199.xml"

${report(id)}
`;

/** What the ledger says, oldest first: source and outcome. */
async function ledger(): Promise<readonly string[]> {
  const reader = openStoreReader(folder.at('ruawatch.db'));
  const all = { from: 0, to: Number.MAX_SAFE_INTEGER, outcomes: null, sources: null };
  const { rows } = await reader.mails(all, { after: null, limit: 100 });
  reader.close();
  return rows.map(({ source, outcome }) => `${source} ${outcome}`).reverse();
}

const isThere = async (lines: number) => {
  await until(async () => (await ledger()).length >= lines);
};

async function post(service: Running, body: string): Promise<{ id: number; outcome: string; known: boolean }> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'message/rfc822' };
  const response = await fetch(`${service.base}/api/v1/mails`, { method: 'POST', headers, body });
  expect(response.status).toBeLessThan(300);
  return (await response.json()) as { id: number; outcome: string; known: boolean };
}

describe('mails posted to a running service', () => {
  it('are stored once however often they come, counted and soon judged', async () => {
    const service = await serve();
    const judged = await service.metric('dmarc_alert_last_evaluation_timestamp_seconds');
    const answers = await Promise.all([1, 2, 3].map(() => post(service, mail(11))));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers[0]).toMatchObject({ outcome: 'report' });
    expect(await post(service, report(11))).toMatchObject({ outcome: 'duplicate', known: false });
    expect(await ledger()).toEqual(['http report', 'http duplicate']);
    expect(await service.metric('dmarc_mail_messages_processed_total{mailbox="http"}')).toBe(2);
    await until(async () => {
      const at = await service.metric('dmarc_alert_last_evaluation_timestamp_seconds');
      return at !== null && at !== judged && at > 0;
    });
  });
});

describe('a mail on the pipe of a mail server', () => {
  const pipe = (stdin: string, more: Env = {}) =>
    runRuawatch(['ingest', '--pipe', '-'], { env: { ...env, ...more }, stdin: Buffer.from(stdin), cwd: folder.path });

  it('is exit code 0 and silence once it is stored, whatever it was', async () => {
    for (const stdin of [mail(11), mail(12), 'no report', '']) {
      expect(await pipe(stdin)).toEqual({ code: 0, stdout: '', stderr: '' });
    }
    expect(await ledger()).toEqual(['stdin report', 'stdin report', 'stdin not-a-report', 'stdin malformed']);
  });

  it('is stored once when the mail server brings it again', async () => {
    await pipe(mail(11));
    await pipe(mail(11));
    expect(await ledger()).toEqual(['stdin report']);
  });

  it('is exit code 75 and one line when it cannot be stored or the settings are wrong, so that nothing bounces', async () => {
    const broken: readonly Env[] = [{ RUAWATCH_DB: '/proc/none/x.db' }, { RUAWATCH_LISTEN: 'nowhere' }, { RUAWATCH_CONFIG: 'none.yaml' }]; // prettier-ignore
    for (const more of broken) {
      const { code, stderr } = await pipe(mail(11), more);
      expect(code).toBe(75);
      expect(stderr).toMatch(/^ruawatch: [^\n]+\n$/);
    }
  });

  it('is exit code 64 when the command is wrong', async () => {
    for (const args of [['ingest', '--pipe', folder.path], ['ingest', '--pipe', '--loudly', '-'], ['ingest', '--pipe']]) {
      expect((await runRuawatch(args, { env })).code).toBe(64);
    } // prettier-ignore
  });

  it('goes to the service while that runs', async () => {
    const service = await serve();
    const listen = { RUAWATCH_LISTEN: new URL(service.base).host };
    expect((await pipe(mail(11), listen)).code).toBe(0);
    expect((await pipe(mail(11), listen)).code).toBe(0);
    expect(await ledger()).toEqual(['stdin report']);
    const refused = await pipe(mail(12), { ...listen, RUAWATCH_PUSH_TOKEN: 'another-token-of-ours' });
    expect(refused.code).toBe(75);
    expect(refused.stderr).toContain('push_token');
    expect(await ledger()).toHaveLength(1);
  });

  it('above the bound is sent back while the service runs, which alone may record it', async () => {
    const service = await serve();
    const listen = { RUAWATCH_LISTEN: new URL(service.base).host };
    const { code, stderr } = await pipe('x'.repeat(limits.mailBytes + 1), listen);
    expect([code, stderr]).toEqual([65, `ruawatch: the mail has ${limits.mailBytes + 1} bytes, more than the service takes\n`]); // prettier-ignore
    expect(await ledger()).toEqual([]);
  });

  it('at the bound is read, of a byte more it is told that it was too large', async () => {
    const bound = 'x'.repeat(limits.mailBytes);
    expect([(await pipe(bound)).code, (await pipe(`${bound}x`)).code]).toEqual([0, 0]);
    expect(await ledger()).toEqual(['stdin not-a-report', 'stdin oversized']);
  });

  it('without --pipe has the exit codes of ingest', async () => {
    const ingest = (stdin: string) => runRuawatch(['ingest', '-'], { env, stdin: Buffer.from(stdin) });
    expect((await ingest(mail(11))).code).toBe(0);
    expect((await ingest(report(12))).code).toBe(0);
    expect((await ingest(report(13).slice(0, 300))).code).toBe(1);
    expect(await ledger()).toEqual(['stdin report', 'stdin report', expect.stringMatching(/^stdin (malformed|partial)$/)]);
  }); // prettier-ignore
});

/** Postfix's master runs as root only. */
const describePostfix = process.getuid?.() === 0 ? describeWith.bind(null, ['postfix']) : describe.skip;

describePostfix('a real Postfix before ruawatch', () => {
  let postfix: Postfix;
  afterEach(() => postfix.stop());

  it.each(['smtp', 'lmtp'])('queues while the service is down, redelivers by %s, and every mail is stored once', async (protocol) => {
    const port = await freePort();
    const smtp = { RUAWATCH_SMTP_LISTEN: `127.0.0.1:${port}`, RUAWATCH_SMTP_PROTOCOL: protocol, RUAWATCH_SMTP_RECIPIENTS: 'dmarc@example.org' }; // prettier-ignore
    postfix = await startPostfix(protocol === 'smtp' ? `smtp:[127.0.0.1]:${port}` : `lmtp:inet:127.0.0.1:${port}`);
    for (const id of [11, 12, 13]) await postfix.send(mail(id));
    await until(async () => (await postfix.queued()) === 3);
    await until(async () => (await postfix.log()).includes('status=deferred'));
    const service = await serve(smtp);
    await isThere(3);
    await service.stop('SIGKILL');
    await postfix.send(mail(14));
    await serve(smtp);
    await isThere(4);
    await until(async () => (await postfix.queued()) === 0);
    expect(await ledger()).toEqual(Array(4).fill('smtp report'));
    expect(await postfix.log()).toMatch(/status=sent \(250 2\.6\.0 stored\)/);
  }, 60_000); // prettier-ignore

  it('pipes into the command, and tries again what came back with 75', async () => {
    await chmod(folder.path, 0o777);
    await mkdir(folder.at('data'), { mode: 0o777 });
    await chmod(folder.at('data'), 0o777);
    // Postfix splits its command at blanks, and the checkout may lie in a folder with one.
    const program = folder.at('main.js');
    await symlink(fileURLToPath(new URL('../../dist/main.js', import.meta.url)), program);
    const config = folder.at('ruawatch.yaml');
    postfix = await startPostfix('ruawatch:', [process.execPath, program, 'ingest', '--config', config, '--pipe', '-']);
    await postfix.send(mail(11));
    await until(async () => (await postfix.log()).includes('status=deferred'));
    folder.write('ruawatch.yaml', `db: ${folder.at('data/ruawatch.db')}\n`);
    await chmod(config, 0o644);
    await until(async () => (await postfix.queued()) === 0);
    expect(await postfix.log()).toMatch(/status=sent \(delivered via ruawatch service\)/);
    expect(await postfix.log()).not.toContain('status=bounced');
  }, 60_000);
});
