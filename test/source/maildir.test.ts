import { mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Limits } from '../../src/config/limits.js';
import { openSources } from '../../src/source/source.js';
import type { TempDir } from '../support/temp.js';
import { tempDir } from '../support/temp.js';
import { Bench } from './harness.js';

describe('a Maildir', () => {
  /** 2024-01-01T00:00:00Z. */
  const past = 1704067200;
  let dir: TempDir;
  let bench: Bench;

  beforeEach(async () => {
    dir = await tempDir();
    for (const part of ['cur', 'new', 'tmp']) await mkdir(join(dir.path, part));
    bench = new Bench();
  });

  afterEach(async () => {
    await bench.stopAll();
    await dir.remove();
  });

  const run = (bounds: Partial<Limits> = {}) => {
    const directory = { name: 'mail', path: dir.path, poll_seconds: 30 };
    for (const each of openSources({ mailboxes: [], directories: [directory] }, bench.deps(bounds))) bench.run(each);
  };

  const put = async (path: string, text = path, at = past) => {
    const file = join(dir.path, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    await utimes(file, at, at);
  };

  const again = async (nth: number) => {
    bench.clock.wake();
    await bench.polled(nth);
  };

  test('gives what is in new and cur under its unique name, and nothing of tmp', async () => {
    await put('new/1.a.mx,S=9', 'one', past);
    await put('cur/2.a.mx:2,RS', 'two', past + 1);
    await put('tmp/3.a.mx', 'three', past + 2);
    run();
    await bench.polled(1);
    expect(bench.intake.mails.map(({ origin }) => origin.path)).toEqual(['1.a.mx,S=9', '2.a.mx']);
    expect(bench.intake.texts).toEqual(['one', 'two']);
  });

  test('a mail that moves to cur and is flagged afterwards is not read again', async () => {
    await put('new/1.a.mx');
    run();
    await bench.polled(1);
    await rename(join(dir.path, 'new/1.a.mx'), join(dir.path, 'cur/1.a.mx:2,'));
    await again(2);
    await rename(join(dir.path, 'cur/1.a.mx:2,'), join(dir.path, 'cur/1.a.mx:2,FS'));
    await again(3);
    expect(bench.intake.mails).toHaveLength(1);
  });

  test('a mail that is renamed while others are stored is found under its next name', async () => {
    for (let n = 0; n < 51; n++) await put(`new/${n}.mx`, `mail ${n}`, past + n);
    bench.intake.during = async () => {
      bench.intake.during = () => Promise.resolve();
      await rename(join(dir.path, 'new/50.mx'), join(dir.path, 'cur/50.mx:2,S'));
    };
    run();
    await bench.polled(1);
    expect(bench.intake.mails).toHaveLength(50);
    await again(2);
    expect(bench.intake.texts.at(-1)).toBe('mail 50');
    expect(bench.intake.mails).toHaveLength(51);
  });

  test('a mail that was written this moment is whole, for it was renamed into place', async () => {
    await put('new/1.mx', 'now', Math.floor(Date.now() / 1000));
    run();
    await bench.polled(1);
    expect(bench.intake.texts).toEqual(['now']);
  });

  test('a mail at the bound is read, one of a byte more is not', async () => {
    await put('new/1.mx', 'x'.repeat(10), past);
    await put('new/2.mx', 'x'.repeat(11), past + 1);
    run({ mailBytes: 10 });
    await bench.polled(1);
    expect(bench.intake.texts).toEqual(['x'.repeat(10), '(11 bytes not downloaded)']);
  });

  test('within a watched folder follows the same rules, and folders beside it are read as they are', async () => {
    await rm(join(dir.path, 'tmp'), { recursive: true });
    await put('new/plain.xml', 'a folder that only happens to be called new');
    for (const part of ['cur', 'new', 'tmp']) await mkdir(join(dir.path, 'box', part), { recursive: true });
    await put('box/cur/1.mx:2,S', 'in the Maildir', past + 1);
    await put('box/tmp/2.mx', 'unfinished', past + 2);
    run();
    await bench.polled(1);
    expect(bench.intake.mails.map(({ origin }) => origin.path)).toEqual(['new/plain.xml', 'box/1.mx']);
  });
});
