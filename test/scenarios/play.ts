import { join } from 'node:path';
import { Backtest } from '../../src/backtest.js';
import type { ToldLine } from '../../src/backtest.js';
import { openReader } from '../../src/store/database.js';
import type { RawMail } from '../../src/model/raw-mail.js';
import type { SenderSetting } from '../../src/model/sender.js';
import { tempDir } from '../support/temp.js';
import { dayOf, grouped, plusDays, reportsOf, xmlOf } from './history.js';
import type { History, Report } from './history.js';

export type { ToldLine } from '../../src/backtest.js';

/** A finding as it is kept in the end. Times are Unix seconds. */
export interface KeptFinding {
  readonly rule: string;
  readonly domain: string;
  readonly sender: string;
  readonly status: 'open' | 'resolved';
  readonly resolution: string | null;
  readonly first_arrival: number;
  readonly opened_at: number;
  readonly resolved_at: number | null;
  readonly told_at: number | null;
  /** JSON. */
  readonly evidence: string;
}

export interface Played {
  readonly told: readonly ToldLine[];
  readonly findings: readonly KeptFinding[];
}

/** A service under a hand-driven clock, for what a history does not say by itself. */
export interface Stage {
  readonly told: readonly ToldLine[];
  /** Stores them at one moment and judges, whatever they say of their arrival. */
  arrive(at: number, reports: readonly Report[]): Promise<void>;
  /** Stores a file at a moment and judges. */
  arriveFile(at: number, name: string, content: Buffer): Promise<void>;
  /** Lets time pass, with a look an hour. */
  until(at: number): Promise<void>;
}

let files = 0;

function fileOf(content: Buffer, name: string): RawMail {
  const path = `/archive/${++files}/${name}`;
  const origin = { source: 'ingest', folder: '', uidValidity: null, uid: null, path };
  return { origin, content: { kind: 'bytes', bytes: content }, size: content.length, receivedAt: null };
}

/** Reports that share a transaction. */
const together = 200;

/** Runs a scenario through store, analyse and notify, and gives what was told and what is kept. */
export async function onStage(
  act: (stage: Stage) => Promise<void>,
  { namedSenders = [] }: { readonly namedSenders?: readonly SenderSetting[] } = {},
): Promise<Played> {
  const folder = await tempDir();
  const db = join(folder.path, 'scratch.db');
  const told: ToldLine[] = [];
  const test = new Backtest({ db, domains: [], authservIds: [], namedSenders }, (line) => told.push(line));
  const arriveRaw = async (at: number, mails: readonly RawMail[]) => {
    for (let i = 0; i === 0 || i < mails.length; i += together) {
      const outcomes = await test.deliver(at, mails.slice(i, i + together));
      const bad = outcomes.find(({ outcome }) => outcome === 'malformed' || outcome === 'failed');
      if (bad) throw new Error(`the scenario wrote no report: ${bad.reason}`);
    }
    await test.judge();
  };
  try {
    await act({
      told,
      arrive: (at, reports) =>
        arriveRaw(
          at,
          reports.map((each) => fileOf(Buffer.from(xmlOf(each)), 'report.xml')),
        ),
      arriveFile: (at, name, content) => arriveRaw(at, [fileOf(content, name)]),
      until: (at) => test.pass(at),
    });
    return { told, findings: kept(db) };
  } finally {
    await test.close();
    await folder.remove();
  }
}

function kept(path: string): KeptFinding[] {
  const db = openReader(path);
  try {
    return db
      .prepare<[], KeptFinding>(
        'SELECT f.*, d.name AS domain FROM findings f JOIN domains d ON d.id = f.domain_id ORDER BY f.id',
      )
      .all();
  } finally {
    db.close();
  }
}

/** Every report at its own time, and a day more in the end. */
export function play(history: History, more: readonly Report[] = [], daysAfter = 1): Promise<Played> {
  return onStage((stage) => playOn(stage, [...reportsOf(history), ...more], daysAfter));
}

export async function playOn(stage: Stage, reports: readonly Report[], daysAfter = 1): Promise<void> {
  const moments = grouped(
    reports.toSorted((one, other) => one.arrives - other.arrives),
    ({ arrives }) => arrives,
  );
  let last = 0;
  for (const [at, arriving] of moments) {
    await stage.until(at);
    await stage.arrive(at, arriving);
    last = at;
  }
  await stage.until(last + daysAfter * 86_400);
}

/** When the report of that day is in, by the reporter that sends after six hours. */
export function morningAfter(day: string): number {
  return dayOf(plusDays(day, 1)) + 6 * 3600;
}

export function now(lines: readonly ToldLine[]): ToldLine[] {
  return lines.filter(({ route }) => route === 'now');
}

export function inDigests(lines: readonly ToldLine[]): ToldLine[] {
  return lines.filter(({ route }) => route === 'digest');
}

/** Hours from a moment (Unix seconds) to the telling. */
export function hoursAfter(at: number, line: ToldLine | undefined): number {
  return line === undefined ? Infinity : (Date.parse(line.at) / 1000 - at) / 3600;
}
