import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startDovecot } from '../support/dovecot.js';
import type { Dovecot } from '../support/dovecot.js';
import { runRuawatch } from '../support/ruawatch.js';
import type { Env, Finished } from '../support/ruawatch.js';
import { describeWith } from '../support/servers.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';

let folder: TempFiles;

beforeEach(async () => {
  folder = await tempFiles();
});

afterEach(async () => {
  await folder.remove();
});

/** One sentence, one hint, no stack trace. */
function expectSentence(finished: Finished, code: number, ...words: string[]): void {
  expect(finished.stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
  expect(finished.stderr).not.toMatch(/\n\s+at /);
  for (const word of words) expect(finished.stderr).toContain(word);
  expect(finished.code).toBe(code);
}

const report = `<?xml version="1.0"?><feedback><version>1.0</version><report_metadata><org_name>mx.example</org_name>
<email>dmarc@mx.example</email><report_id>77</report_id><date_range><begin>1788220800</begin><end>1788307199</end></date_range></report_metadata>
<policy_published><domain>example.org</domain><p>none</p></policy_published>
<record><row><source_ip>198.51.100.7</source_ip><count>5</count><policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>example.org</header_from></identifiers><auth_results/></record></feedback>`;

describe('help', () => {
  it.each([
    [[]],
    [['serve']],
    [['demo']],
    [['ingest']],
    [['parse']],
    [['backtest']],
    [['check']],
    [['mails']],
    [['replay']],
    [['backup']],
    [['login']],
  ])('is there for %s', async (command) => {
    const { code, stdout } = await runRuawatch([...command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: ruawatch');
  });
});

describe('wrong use', () => {
  it('is exit code 2 for an unknown command, an unknown option and a missing path', async () => {
    for (const args of [['fly'], ['parse', '--loudly', 'a'], ['ingest']]) {
      const { code, stderr } = await runRuawatch(args);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^ruawatch: [^\n]+\n/);
    }
  });

  it('names a path that is not there', async () => {
    expectSentence(await runRuawatch(['parse', folder.at('absent.xml')]), 2, 'absent.xml', 'no such file');
  });
});

describe('parse', () => {
  it('prints a line for each report, packed or not, and says by its exit code that all were accepted', async () => {
    const paths = [folder.write('a.xml', report), folder.write('b.bin', gzipSync(report))];
    const { code, stdout } = await runRuawatch(['parse', ...paths]);
    const lines = stdout.trim().split('\n').map((line) => JSON.parse(line) as { file: string; totals: unknown }); // prettier-ignore
    expect(lines.map((line) => line.file)).toEqual(paths);
    expect(lines.map((line) => line.totals)).toEqual(
      Array(2).fill({ records: 1, messages: 5, dkimPass: 5, spfPass: 0, pass: 5 }),
    );
    expect(code).toBe(0);
  });

  it('reads standard input', async () => {
    const { code, stdout } = await runRuawatch(['parse', '-'], { stdin: gzipSync(report) });
    expect(JSON.parse(stdout)).toMatchObject({ file: '-', outcome: 'report', report: { reportId: '77' } });
    expect(code).toBe(0);
  });

  it('prints what a file is that is no report, goes on, and exits with 1', async () => {
    const paths = [folder.write('a.txt', 'hello'), folder.write('b.xml', report)];
    const { code, stdout } = await runRuawatch(['parse', ...paths]);
    expect(stdout.trim().split('\n').map((line) => (JSON.parse(line) as { outcome: string }).outcome)).toEqual(['not-a-report', 'report']); // prettier-ignore
    expect(code).toBe(1);
  });
});

describe('ingest', () => {
  it('stores what it finds once, however often it runs', async () => {
    folder.write('in/a.xml', report);
    folder.write('in/sub/b.xml.gz', gzipSync(report));
    const ingest = () => runRuawatch(['ingest', folder.at('in'), '--db', folder.at('t.db'), '--json']);
    const first = await ingest();
    expect(JSON.parse(first.stdout)).toMatchObject({
      mails: 2,
      reports: 1,
      outcomes: { report: 1, duplicate: 1 },
      refused: [],
    });
    expect(first.code).toBe(0);
    expect(JSON.parse((await ingest()).stdout)).toMatchObject({ mails: 2, reports: 0 });
  });

  it('names what it did not accept and exits with 1', async () => {
    const cut = folder.write('cut.xml', report.slice(0, -40));
    const { code, stdout } = await runRuawatch(['ingest', cut, '--db', folder.at('t.db')]);
    expect(stdout).toContain('cut.xml: partial');
    expect(code).toBe(1);
  });

  /** Opens, and cannot be read: for root as well. */
  const unreadable = '/proc/self/mem';

  it('names a file that cannot be read, and reads the others', async () => {
    const paths = [unreadable, folder.write('a.xml', report)];
    const { code, stdout, stderr } = await runRuawatch(['ingest', ...paths, '--db', folder.at('t.db'), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ reports: 1, refused: [{ name: unreadable, outcome: 'failed' }] });
    expect(stderr).toBe('');
    expect(code).toBe(1);
    const parsed = await runRuawatch(['parse', ...paths]);
    const outcomes = parsed.stdout.trim().split('\n').map((line) => (JSON.parse(line) as { outcome: string }).outcome); // prettier-ignore
    expect(outcomes).toEqual(['unsupported', 'report']);
    expect(parsed.code).toBe(1);
  });

  it('refuses a database that is none', async () => {
    const db = folder.write('t.db', 'not a database, but long enough to look like one '.repeat(30));
    expectSentence(await runRuawatch(['ingest', folder.write('a.xml', report), '--db', db]), 2, db, 'RUAWATCH_DB');
  });

  it('refuses a path below a file', async () => {
    const db = `${folder.write('file', 'text')}/t.db`;
    expectSentence(await runRuawatch(['ingest', folder.write('a.xml', report), '--db', db]), 2, db, 'RUAWATCH_DB');
  });

  it('refuses a disk that is read-only', async () => {
    expectSentence(
      await runRuawatch(['ingest', folder.write('a.xml', report), '--db', '/proc/ruawatch/t.db']),
      2,
      '/proc/ruawatch/t.db',
      'RUAWATCH_DB',
    );
  });
});

describe('serve', () => {
  const mailbox = {
    RUAWATCH_IMAP_HOST: '127.0.0.1',
    RUAWATCH_IMAP_PORT: '1',
    RUAWATCH_IMAP_USER: 'u',
    RUAWATCH_IMAP_PASSWORD: 'p',
  };
  const serve = (env: Env) => runRuawatch(['serve'], { env: { RUAWATCH_DB: folder.at('t.db'), ...env } });

  it('says what to set when nothing is configured', async () => {
    expectSentence(await serve({}), 2, 'nothing to watch', 'RUAWATCH_IMAP_HOST');
  });

  it('names an unknown key of the file, and a value of the wrong type', async () => {
    const unknown = folder.write('a.yaml', 'mailboxs: []\n');
    const wrong = folder.write('b.yaml', 'metrics_max_domains: many\n');
    expectSentence(await serve({ RUAWATCH_CONFIG: unknown }), 2, 'mailboxs', 'mailboxes');
    expectSentence(await serve({ RUAWATCH_CONFIG: wrong }), 2, 'metrics_max_domains');
  });

  it('says so when its port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const finished = await serve({ ...mailbox, RUAWATCH_LISTEN: `127.0.0.1:${port}`, RUAWATCH_LOG_LEVEL: 'error' });
    server.close();
    expectSentence(finished, 2, `127.0.0.1:${port}`, 'RUAWATCH_LISTEN');
  });

  it('says so when the database is none', async () => {
    const db = folder.write('bad.db', 'not a database, but long enough to look like one '.repeat(30));
    expectSentence(await serve({ ...mailbox, RUAWATCH_DB: db }), 2, db, 'RUAWATCH_DB');
  });
});

describe('check', () => {
  const check = (env: Env) => runRuawatch(['check'], { env: { RUAWATCH_DB: folder.at('a/t.db'), ...env } });

  it('makes no database and no folder, and says that both can be made', async () => {
    const { code, stdout } = await check({ RUAWATCH_DIRECTORY: folder.path });
    expect(stdout).toContain('not there yet, and can be made');
    expect(code).toBe(0);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('calls it a wrong configuration when there is no way in, as serve does', async () => {
    const { code, stdout } = await check({});
    expect(stdout).toContain('✗ configuration: no mailbox');
    expect(code).toBe(2);
  });

  it('says where a database cannot be made', async () => {
    const { code, stdout } = await check({ RUAWATCH_DIRECTORY: folder.path, RUAWATCH_DB: '/proc/none/t.db' });
    expect(stdout).toContain('✗ store /proc/none/t.db');
    expect(code).toBe(1);
  });

  it('names every way in, and takes a listener alone for enough', async () => {
    const smtp = { RUAWATCH_SMTP_LISTEN: '127.0.0.1:2525', RUAWATCH_SMTP_RECIPIENTS: 'rua.example.org' };
    const { code, stdout } = await check({ ...smtp, RUAWATCH_PUSH_TOKEN: 'a-push-token-of-ours' });
    expect(stdout).toContain('mails from smtp, POST /api/v1/mails');
    expect(stdout).toContain('smtp: its settings are good');
    expect(code).toBe(0);
  });
});

describe('the ledger', () => {
  const run = (...args: readonly string[]) => runRuawatch(args, { env: { RUAWATCH_DB: folder.at('t.db') } });

  it.each([[['mails']], [['replay', '--all']], [['backup', 'copy.db']]])(
    'is missed by name when there is no database: %s',
    async (args) => {
      expectSentence(await run(...args), 2, 'there is no database', folder.at('t.db'), 'RUAWATCH_DB');
    },
  );

  it('says so when no mail fits', async () => {
    await run('ingest', folder.write('a.xml', report));
    const { code, stdout, stderr } = await run('mails', '--outcome', 'conflict');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('no mail in the ledger');
    expect((await run('replay', '--id', '99')).stderr).toContain('no mail in the ledger');
  });

  it('tells mails that it knew from those that it did not', async () => {
    const good = folder.write('in/a.xml', report);
    const bad = folder.write('in/b.xml', report.slice(0, 60));
    const ingest = async () => {
      const { code, stdout } = await run('ingest', '--json', folder.at('in'));
      const { seconds: _, refused, ...tally } = JSON.parse(stdout) as { seconds: number; refused: { name: string }[] };
      return { code, ...tally, refused: refused.map(({ name }) => name) };
    };
    const first = await ingest();
    expect(first).toMatchObject({ code: 1, mails: 2, known: 0, reports: 1, outcomes: { report: 1 }, refused: [bad] });
    folder.write('in/c.xml', report.replace('<report_id>77', '<report_id>78'));
    const second = { code: 1, mails: 3, known: 2, reports: 1, outcomes: { report: 1 }, refused: [bad] };
    expect(await ingest()).toEqual(second);
    expect((await run('ingest', good)).stdout).toContain('known before');
  });
});

describeWith(['dovecot'], 'check against a real mailbox', () => {
  let dovecot: Dovecot;

  beforeAll(async () => {
    dovecot = await startDovecot({ tls: true });
  });

  afterAll(async () => {
    await dovecot.stop();
  });

  const check = (env: Env) =>
    runRuawatch(['check'], {
      env: {
        RUAWATCH_DB: folder.at('t.db'),
        RUAWATCH_IMAP_HOST: 'localhost',
        RUAWATCH_IMAP_PORT: String(dovecot.tlsPort),
        RUAWATCH_IMAP_USER: dovecot.user,
        RUAWATCH_IMAP_PASSWORD: dovecot.password,
        RUAWATCH_IMAP_CA_FILE: dovecot.caFile,
        ...env,
      },
    });

  it('finds everything in order', async () => {
    const { code, stdout } = await check({});
    expect(stdout).toContain('INBOX holds 0');
    expect(stdout).not.toContain('✗');
    expect(code).toBe(0);
  });

  it.each<[string, Env, string[]]>([
    ['a wrong password', { RUAWATCH_IMAP_PASSWORD: 'wrong' }, ['password']],
    ['a folder that is not there', { RUAWATCH_IMAP_FOLDER: 'Reports' }, ['Reports', 'INBOX']],
    ['a port where nobody listens', { RUAWATCH_IMAP_PORT: '1' }, ['localhost', 'port']],
  ])('says what to do about %s', async (_, env, words) => {
    const { code, stdout, stderr } = await check(env);
    for (const word of words) expect(stdout).toContain(word);
    expect(stderr).toBe('');
    expect(code).toBe(1);
  });

  it('says what to do about a certificate that nobody signed', async () => {
    const { code, stdout } = await check({ RUAWATCH_IMAP_CA_FILE: '' });
    expect(stdout).toContain('ca_file');
    expect(code).toBe(1);
  });
});
