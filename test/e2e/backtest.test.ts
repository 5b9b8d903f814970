import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { server } from '../scenarios/auth.js';
import { plusDays, reportsOf, xmlOf } from '../scenarios/history.js';
import type { Report } from '../scenarios/history.js';
import type { ToldLine } from '../scenarios/play.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { runRuawatch } from '../support/ruawatch.js';

let folder: TempFiles;

beforeEach(async () => {
  folder = await tempFiles();
});

afterEach(async () => {
  await folder.remove();
});

const breaks = '2024-05-10';
const flow = { ips: ['203.0.113.10'], perDay: 100 };
/** A server of ours that breaks after 40 days; its reports come six hours after midnight. */
const reports = reportsOf({
  flows: [
    { ...flow, from: plusDays(breaks, -40), to: plusDays(breaks, -1), auth: server.well },
    { ...flow, from: breaks, to: plusDays(breaks, 1), auth: server.broken },
  ],
});

function mailOf(report: Report, { withDate = true } = {}): string {
  const date = `${new Date(report.arrives * 1000).toUTCString().slice(0, -3)}+0000`;
  return [
    ...(withDate ? [`Received: from out.receiver.example by mx.example.org; ${date}`, `Date: ${date}`] : []),
    'From: dmarc@receiver.example',
    'Subject: Report domain: example.org',
    'MIME-Version: 1.0',
    'Content-Type: application/gzip; name="report.xml.gz"',
    'Content-Transfer-Encoding: base64',
    '',
    gzipSync(xmlOf(report)).toString('base64').replace(/.{76}/g, '$&\n'),
    '',
  ].join('\n');
}

async function run(...args: readonly string[]) {
  const { code, stdout, stderr } = await runRuawatch(['backtest', ...args], {
    env: { RUAWATCH_DB: folder.at('real.db'), TMPDIR: folder.at('tmp') },
    cwd: folder.path,
  });
  return {
    code,
    stdout,
    stderr,
    lines: stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as ToldLine),
  };
}

beforeEach(() => {
  mkdirSync(folder.at('tmp'));
});

const told = {
  type: 'dmarc.alert.opened',
  rule: 'known_sender_failing',
  domain: 'example.org',
  sourceIps: ['203.0.113.10'],
  class: 'known',
  severity: 'critical',
  route: 'now',
};

describe('an archive', () => {
  it('of report files is read in the order of their periods, each after the delay', async () => {
    reports.forEach((each, i) => folder.write(`archive/${100 - i}.xml.gz`, gzipSync(xmlOf(each))));
    const { code, lines, stderr } = await run(folder.at('archive'));
    // The period ends at 23:59:59; the service judges a second after the arrival.
    expect(lines).toMatchObject([{ ...told, at: '2024-05-11T06:00:00Z' }]);
    expect(Object.keys(lines[0] ?? {})).toEqual(
      'at type rule domain sender sourceIps class severity route summary why nextSteps'.split(' '),
    );
    expect(lines[0]?.why).toBe('The DKIM signature s1._domainkey.example.org is there but does not verify.');
    expect(lines[0]?.nextSteps.length).toBeGreaterThan(0);
    expect(stderr).toContain('42 mails or files, 42 reports, 2024-04-01 to 2024-05-12');
    expect(stderr).toContain('Would have been told: 1 at once, 0 in digests.');
    expect(code).toBe(0);
  });

  it('of report files moves with the delay', async () => {
    reports.forEach((each, i) => folder.write(`archive/${i}.xml`, xmlOf(each)));
    expect((await run(folder.at('archive'), '--delay', '90m')).lines).toMatchObject([{ at: '2024-05-11T01:30:00Z' }]);
    expect((await run(folder.at('archive'), '--delay', '2d')).lines).toMatchObject([{ at: '2024-05-13T00:00:00Z' }]);
  });

  it('says the same as mails, as an mbox in any order, and as a Maildir', async () => {
    const mails = reports.map((each) => mailOf(each));
    mails.forEach((mail, i) => folder.write(`mails/${100 - i}.eml`, mail));
    mails.forEach((mail, i) => folder.write(`Maildir/${i % 2 === 0 ? 'cur' : 'new'}/${100 - i}.host`, mail));
    const entries = mails.map((mail) => `From MAILER-DAEMON Thu Apr  4 00:00:00 2024\n${mail}\n`);
    folder.write('box', entries.toReversed().join(''));
    const asMails = await run(folder.at('mails'));
    expect(asMails.lines).toMatchObject([{ ...told, at: '2024-05-11T06:00:01Z' }]);
    expect(asMails.code).toBe(0);
    expect((await run(folder.at('Maildir'))).stdout).toBe(asMails.stdout);
    expect((await run(folder.at('box'))).stdout).toBe(asMails.stdout);
  });

  it('with mails that say no date takes them like files', async () => {
    reports.forEach((each, i) => folder.write(`mails/${i}.eml`, mailOf(each, { withDate: false })));
    expect((await run(folder.at('mails'), '--delay', '3h')).lines).toMatchObject([{ at: '2024-05-11T03:00:00Z' }]);
  });

  it('is read for the named domains alone', async () => {
    reports.forEach((each, i) => folder.write(`archive/${i}.xml`, xmlOf(each)));
    // The reports are for example.org.
    expect((await run(folder.at('archive'), '--domains', 'example.net')).lines).toMatchObject([
      { rule: 'unknown_domain', domain: 'example.org', route: 'digest' },
    ]);
    expect((await run(folder.at('archive'), '--domains', 'example.net, Example.ORG')).lines).toHaveLength(1);
  });
});

it('with --senders the senders are printed in the end, with the step that decided their class', async () => {
  reports.forEach((each, i) => folder.write(`archive/${i}.xml`, xmlOf(each)));
  const { code, lines } = await run(folder.at('archive'), '--senders');
  expect(lines[0]).toMatchObject(told);
  // 42 days of 100 messages.
  expect(lines.slice(1)).toMatchObject([
    {
      type: 'sender',
      domain: 'example.org',
      sender: '203.0.113.0/24',
      class: 'known',
      step: 1,
      sourceIps: ['203.0.113.10'],
      messages: 4200,
    },
  ]);
  expect(code).toBe(0);
});

describe('what stays', () => {
  it('is nothing: no store, no scratch store', async () => {
    const path = folder.write('one.xml', xmlOf(reports[0] as Report));
    expect((await run(path)).code).toBe(0);
    expect(existsSync(folder.at('real.db'))).toBe(false);
    expect(readdirSync(folder.at('tmp'))).toEqual([]);
  });

  it('is nothing after Ctrl-C either', async () => {
    const wellAgain = reportsOf({
      flows: [{ ...flow, from: plusDays(breaks, 2), to: plusDays(breaks, 300), auth: server.well }],
    });
    for (const domain of ['a.example', 'b.example', 'c.example', 'd.example', 'e.example']) {
      const all = [...reports, ...wellAgain].map((each) => xmlOf({ ...each, domain }));
      all.forEach((xml, i) => folder.write(`archive/${domain}/${i}.xml`, xml));
    }
    const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
    const child = spawn(process.execPath, [program, 'backtest', folder.at('archive')], {
      env: { ...process.env, TMPDIR: folder.at('tmp') },
      cwd: folder.path,
    });
    const ended = once(child, 'close');
    // Its first line shows that it is in the middle.
    await once(child.stdout, 'data');
    child.stdout.resume();
    child.kill('SIGINT');
    expect(await ended).toEqual([1, null]);
    expect(readdirSync(folder.at('tmp'))).toEqual([]);
  });
});

describe('what is not accepted', () => {
  it('is named, with exit code 1, and the rest is read', async () => {
    reports.forEach((each, i) => folder.write(`archive/${i}.xml`, xmlOf(each)));
    folder.write('archive/note.txt', 'no report, and no date');
    folder.write('archive/future.xml', xmlOf({ ...(reports[0] as Report), begin: 9_999_900_000, end: 9_999_986_399 }));
    const { code, lines, stderr } = await run(folder.at('archive'));
    expect(lines).toMatchObject([told]);
    expect(stderr).toContain('note.txt: it does not say when it was sent, and holds no report with a period');
    expect(stderr).toContain('future.xml: it does not say when it was sent, and its report ends in the future');
    expect(code).toBe(1);
  });

  it.each([
    [['-'], 'standard input'],
    [['absent'], 'no such file'],
    [['.', '--delay', '6'], '--delay 6'],
    [['.', '--delay', '31d'], '--delay 31d'],
    [['.', '--delay', '-1h'], '--delay -1h'],
  ])('as %j is wrong use, with exit code 2', async (args, words) => {
    const { code, stderr, stdout } = await run(...args);
    expect(stderr).toContain(words);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('takes a delay of thirty days', async () => {
    const path = folder.write('one.xml', xmlOf(reports[0] as Report));
    expect((await run(path, '--delay', '30d')).code).toBe(0);
  });
});
