import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backlogMail } from '../support/crash-mails.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { runRuawatch } from '../support/ruawatch.js';
import type { Finished } from '../support/ruawatch.js';

let folder: TempFiles;

/** Mail 1 is a report, 2 the same again, 3 cut short, 4 a letter. */
const numbers = [13, 14, 19, 24];

beforeEach(async () => {
  folder = await tempFiles();
  for (const n of numbers) folder.write(`in/${n}.eml`, backlogMail(n).raw);
  expect((await run('ingest', folder.at('in'))).code).toBe(1);
});

afterEach(() => folder.remove());

function run(...args: string[]): Promise<Finished> {
  return runRuawatch([...args, '--db', folder.at('ruawatch.db')], { cwd: folder.path });
}

const linesOf = ({ stdout }: Finished) => stdout.trim().split('\n');

describe('mails', () => {
  it('says of every mail in one sentence what became of it, the last first', async () => {
    const finished = await run('mails');
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    const lines = linesOf(finished);
    expect(lines).toHaveLength(8);
    expect(lines[0]).toMatch(
      /^4 {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}ingest .*\/in\/24\.eml {2}not-a-report {2}"hello"$/,
    );
    expect(lines[1]).toBe('    none of its 1 parts is an aggregate report');
    expect(lines[5]).toBe('    the same file is stored as report 1');
    expect(lines[7]).toBe('    stored as report 1');
  });

  it('can be asked for outcomes and days, and answers as JSON', async () => {
    const rows = linesOf(await run('mails', '--outcome', 'report,duplicate', '--json')).map(
      (line) => JSON.parse(line) as Record<string, unknown>,
    );
    expect(rows).toMatchObject([
      { id: 2, outcome: 'duplicate', original: true, report_ids: [] },
      { id: 1, outcome: 'report', original: true, report_ids: [1], message_id: '<b13@reporter.example>' },
    ]);
    expect(rows[0]?.['digest']).toMatch(/^[0-9a-f]{64}$/);
    expect((await run('mails', '--until', '2020-01-01')).stdout).toBe('');
    expect(linesOf(await run('mails', '--since', '2020-01-01'))).toHaveLength(8);
  });

  it.each([
    ['--outcome', 'odd', 'is no outcome'],
    ['--since', 'yesterday', 'is no day or time'],
    ['--until', '2026-13-01', 'is no day or time'],
  ])('refuses %s %s in one sentence', async (option, value, sentence) => {
    const { code, stderr } = await run('mails', option, value);
    expect([code, stderr.trim().split('\n').length]).toEqual([2, 2]);
    expect(stderr).toContain(`${option} ${value} ${sentence}`);
  });

  it('takes one day, and refuses a range that ends before it begins', async () => {
    expect(await run('mails', '--since', '2020-01-02', '--until', '2020-01-02')).toMatchObject({ code: 0 });
    const { code, stderr } = await run('replay', '--since', '2020-01-02', '--until', '2020-01-01');
    expect(code).toBe(2);
    expect(stderr).toContain('--since is after --until');
  });
});

describe('replay', () => {
  it('reads from the originals although the files are gone, and nothing changes', async () => {
    const before = (await run('mails', '--json')).stdout;
    rmSync(folder.at('in'), { recursive: true });
    expect(await run('replay', '--all')).toMatchObject({
      code: 0,
      stdout: '4 mails read again; no outcome changed.\n',
    });
    expect((await run('mails', '--json')).stdout).toBe(before);
  });

  it('picks by outcome, number, day and path', async () => {
    const read = async (...args: string[]) =>
      (JSON.parse((await run('replay', '--json', ...args)).stdout) as { read: number }).read;
    expect(await read('--outcome', 'duplicate')).toBe(1);
    expect(await read('--id', '1', '4')).toBe(2);
    expect(await read('--until', '2020-01-01')).toBe(0);
    expect(await read('--since', '2020-01-01')).toBe(4);
    expect(await read(folder.at('in'))).toBe(4);
    expect(await read(folder.at('in/13.eml'))).toBe(1);
  });

  it('wants to know which mails', async () => {
    const { code, stderr } = await run('replay');
    expect(code).toBe(2);
    expect(stderr).toContain('replay needs to know which mails');
  });

  it('without an original takes the file if it is as it was, else names the mail', async () => {
    const config = folder.write('ruawatch.yaml', 'originals_days: 0\n');
    const db = folder.at('second.db');
    const second = (...args: string[]) => runRuawatch([...args, '--db', db, '--config', config]);
    await second('ingest', folder.at('in'));
    writeFileSync(folder.at('in/24.eml'), 'changed');
    rmSync(folder.at('in/19.eml'));
    const { code, stdout } = await second('replay', '--all');
    expect(code).toBe(1);
    expect(stdout).toContain('2 mails read again');
    expect(stdout).toMatch(/mail 3 \(ingest .*19\.eml\): its original is not kept/);
    expect(stdout).toMatch(/mail 4 \(ingest .*24\.eml\): its original is not kept/);
  });
});
