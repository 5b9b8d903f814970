import { mkdir, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSources } from '../../src/source/source.js';
import type { Source } from '../../src/source/source.js';
import type { TempDir } from '../support/temp.js';
import { tempDir } from '../support/temp.js';
import { Bench } from './harness.js';

describe('a watched directory', () => {
  /** 2024-01-01T00:00:00Z. */
  const past = 1704067200;
  let dir: TempDir;
  let root: string;
  let bench: Bench;

  beforeEach(async () => {
    dir = await tempDir();
    root = join(dir.path, 'drop');
    await mkdir(root);
    bench = new Bench();
  });

  afterEach(async () => {
    await bench.stopAll();
    await dir.remove();
  });

  const source = (path = root): Source => {
    const [only] = openSources(
      { mailboxes: [], directories: [{ name: 'drop', path, poll_seconds: 30 }] },
      bench.deps(),
    );
    if (!only) throw new Error('no source');
    return only;
  };

  const put = async (path: string, at = past, text = path): Promise<void> => {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    await utimes(file, at, at);
  };

  const paths = (): readonly (string | null)[] => bench.intake.mails.map(({ origin }) => origin.path);

  test('files of the whole tree are delivered oldest first, as files and with their place', async () => {
    await put('b.eml', past + 1);
    await put('deep/er/a.xml.gz', past, 'twelve bytes');
    bench.run(source());
    expect(await bench.polled(1)).toMatchObject({ mails: 2 });
    expect(bench.intake.batches[0]?.[0]).toEqual({
      origin: { source: 'drop', folder: root, uidValidity: null, uid: null, path: 'deep/er/a.xml.gz' },
      content: { kind: 'file', path: join(root, 'deep/er/a.xml.gz'), size: 12 },
      size: 12,
      receivedAt: past,
    });
    expect(paths()).toEqual(['deep/er/a.xml.gz', 'b.eml']);
  });

  test('a file is delivered once, and again when it changes', async () => {
    await put('a.eml');
    bench.run(source());
    await bench.polled(1);
    bench.clock.wake();
    expect(await bench.polled(2)).toMatchObject({ mails: 0 });
    await put('a.eml', past + 60, 'changed');
    bench.clock.wake();
    expect(await bench.polled(3)).toMatchObject({ mails: 1 });
  });

  test('a Maildir brings what is in new and cur', async () => {
    await put('Maildir/new/1.M1P1.host');
    await put('Maildir/cur/2.M1P1.host:2,S');
    await put('Maildir/.Junk/cur/4.M1P1.host');
    bench.run(source(join(root, 'Maildir')));
    await bench.polled(1);
    expect([...paths()].sort()).toEqual(['cur/2.M1P1.host:2,S', 'new/1.M1P1.host']);
  });

  test('unfinished work, hidden files and links are left alone', async () => {
    const outside = join(dir.path, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'secret'), 'secret');
    await put('report.xml');
    for (const path of ['upload.tmp', 'upload.PART', '.hidden', '.git/config']) await put(path);
    await symlink(join(outside, 'secret'), join(root, 'link'));
    await symlink(outside, join(root, 'folder-link'));
    await symlink(root, join(root, 'loop'));
    bench.run(source());
    expect(await bench.polled(1)).toMatchObject({ mails: 1 });
    expect(paths()).toEqual(['report.xml']);
  });

  test('a file is taken 2 s after its last change or when two looks see the same', async () => {
    let now = past * 1000;
    bench.clock.now = () => now;
    await put('still.eml', past);
    bench.run(source());
    expect(await bench.polled(1)).toMatchObject({ mails: 0 });
    await put('growing.eml', past, 'so');
    bench.clock.wake();
    expect(await bench.polled(2)).toMatchObject({ mails: 1 });
    await put('growing.eml', past, 'so far');
    bench.clock.wake();
    expect(await bench.polled(3)).toMatchObject({ mails: 0 });
    await put('late.eml', past);
    now += 2_000;
    bench.clock.wake();
    expect(await bench.polled(4)).toMatchObject({ mails: 1 });
    now += 1;
    bench.clock.wake();
    expect(await bench.polled(5)).toMatchObject({ mails: 1 });
    expect(paths()).toEqual(['still.eml', 'growing.eml', 'late.eml']);
  });

  test('a file of 700 MB is named and not read', async () => {
    await put('huge.xml');
    await truncate(join(root, 'huge.xml'), 700_000_000);
    await utimes(join(root, 'huge.xml'), past, past);
    bench.run(source());
    await bench.polled(1);
    expect(bench.intake.mails.map(({ content, size }) => [content?.kind, size])).toEqual([['file', 700_000_000]]);
  });

  test('many files come in batches of 50 and the backlog is told before each', async () => {
    for (let number = 0; number < 101; number++) await put(`${number}.eml`, past + number);
    bench.run(source());
    await bench.polled(1);
    expect(bench.intake.batches.map((batch) => batch.length)).toEqual([50, 50, 1]);
    expect(bench.heard.facts('backlog')).toMatchObject([
      { left: 101, oldest: past, done: 0 },
      { left: 51, oldest: past + 50, done: 50 },
      { left: 1, oldest: past + 100, done: 100 },
      { left: 0, oldest: 0, done: 101 },
    ]);
  });

  test('a directory that is missing fails the poll with a hint, and is read once it is there', async () => {
    await rm(root, { recursive: true });
    const watched = source();
    bench.run(watched);
    expect(await bench.failed(1)).toMatchObject({
      reason: 'other',
      message: `directory drop: ${root} does not exist`,
      hint: expect.stringContaining('path of the directory') as string,
    });
    await expect(watched.probe(new AbortController().signal)).rejects.toThrow('does not exist');
    await put('a.eml');
    bench.clock.wake();
    expect(await bench.polled(1)).toMatchObject({ mails: 1 });
    expect(await watched.probe(new AbortController().signal)).toEqual([{ folder: root, messages: 1 }]);
  });

  test('a file whose name is not UTF-8 is named, and all others are read', async () => {
    await put('a.eml');
    await writeFile(Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9])]), 'x');
    bench.run(source());
    expect(await bench.failed(1)).toMatchObject({
      message: 'directory drop: caf\ufffd cannot be read: name is not UTF-8; all others were',
    });
    expect(paths()).toEqual(['a.eml']);
  });

  test('files that the store does not take come again', async () => {
    await put('a.eml');
    bench.intake.failures.push(new Error('the disk is full'));
    bench.run(source());
    expect(await bench.failed(1)).toMatchObject({ reason: 'store' });
    bench.clock.wake();
    expect(await bench.polled(1)).toMatchObject({ mails: 1 });
  });

  test('a stop during a delivery waits for it and takes no further batch', async () => {
    for (let number = 0; number < 60; number++) await put(`${number}.eml`, past + number);
    const delivery = bench.intake.hold();
    const running = bench.run(source());
    await delivery.begun;
    const stopped = running.stop();
    delivery.release();
    await stopped;
    expect(bench.intake.mails).toHaveLength(50);
  });
});
