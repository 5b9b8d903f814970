import type { RawMail } from '../src/model/raw-mail.js';
import { walkMail, type FileHandler } from '../src/pipeline.js';
import { ReportReader } from '../src/report/report.js';
import { hostileContainers } from '../test/support/hostile-containers.js';
import { hostileMails } from '../test/support/hostile-mails.js';
import { hostileXml, plainReport } from '../test/support/hostile-xml.js';

/** `tsx bench/linear.ts [part of a name] [megabytes]`: milliseconds over hostile input of 1, 2, 4 and 8 times that size. */
const wanted = process.argv[2] ?? '';
const base = Number(process.argv[3] ?? 1) * 1024 * 1024;
const factors = [1, 2, 4, 8];
/** A run below this is too short to say how it grows. */
const tellingMilliseconds = 50;
const steepest = 1.3;

type Storm = (bytes: number) => Buffer;
type Reader = (input: Buffer) => Promise<void> | void;

const handler: FileHandler = {
  open: () => ({
    record: () => undefined,
    abandon: () => undefined,
    finish: ({ outcome, reason }) => ({ outcome, reason, reportId: null }),
  }),
};

async function walk(bytes: Buffer): Promise<void> {
  const origin = { source: 'bench', folder: '', uidValidity: null, uid: null, path: 'storm' };
  const raw: RawMail = { origin, content: { kind: 'bytes', bytes }, size: bytes.length, receivedAt: null };
  await walkMail(raw, handler, { authservIds: ['mx.example.org'] });
}

function readerOf(chunkBytes: number): Reader {
  return (input) => {
    const reader = new ReportReader({ record: () => undefined });
    for (let at = 0; at < input.length; at += chunkBytes) reader.write(input.subarray(at, at + chunkBytes));
    reader.end();
  };
}

async function millisecondsOf(read: Reader, input: Buffer): Promise<number> {
  const start = performance.now();
  await read(input);
  return performance.now() - start;
}

/** The quickest of three runs: other work on the machine only ever adds. */
async function measure(storm: Storm, read: Reader, bytes: number): Promise<number> {
  const input = storm(bytes);
  const times = [
    await millisecondsOf(read, input),
    await millisecondsOf(read, input),
    await millisecondsOf(read, input),
  ];
  return Math.min(...times);
}

function growthOf(times: readonly number[]): number {
  const [first = 1, last = 1] = [times[0], times.at(-1)];
  return Math.log2(last / first) / Math.log2((factors.at(-1) ?? 1) / (factors[0] ?? 1));
}

const isSteep = (times: readonly number[]): boolean =>
  growthOf(times) > steepest && (times.at(-1) ?? 0) > tellingMilliseconds;

/** Prints one line of the table; whether the time grows faster than the size. What looks so is measured twice. */
async function row(name: string, storm: Storm, read: Reader): Promise<boolean> {
  await read(storm(base / 8));
  const once = async (): Promise<number[]> => {
    const times: number[] = [];
    for (const factor of factors) times.push(await measure(storm, read, base * factor));
    return times;
  };
  let times = await once();
  if (isSteep(times)) times = await once();
  const cells = times.map((time) => time.toFixed(1).padStart(9)).join('');
  const speed = ((base * (factors.at(-1) ?? 1)) / 1000 / (times.at(-1) ?? 1)).toFixed(0).padStart(8);
  const flag = isSteep(times) ? '  STEEP' : '';
  console.log(`${name.padEnd(48)}${cells}${growthOf(times).toFixed(2).padStart(7)}${speed}${flag}`);
  return isSteep(times);
}

async function table(title: string, storms: Readonly<Record<string, Storm>>, read: Reader): Promise<string[]> {
  const names = Object.keys(storms).filter((name) => `${title} ${name}`.includes(wanted));
  if (names.length === 0) return [];
  console.log(`\n${title.padEnd(48)}${factors.map((factor) => `${factor}x ms`.padStart(9)).join('')} growth    MB/s`);
  const steep: string[] = [];
  for (const name of names) {
    if (await row(name, storms[name] ?? plainReport, read)) steep.push(`${title}: ${name}`);
  }
  return steep;
}

const wholeReport = { 'a plain report': plainReport };
const steep = [
  ...(await table('XML, in chunks of 64 KiB', { ...wholeReport, ...hostileXml }, readerOf(64 * 1024))),
  ...(await table('XML, in chunks of one byte', wholeReport, readerOf(1))),
  ...(await table('mail, walked', hostileMails, walk)),
  ...(await table('container, walked', hostileContainers, walk)),
];
console.log(
  `\n1x is ${base / 1024} KiB; growth 1.00 is linear; peak ${Math.round(process.resourceUsage().maxRSS / 1e3)} MB`,
);
console.log(steep.length === 0 ? 'nothing grows faster than its size' : `faster than their size: ${steep.join('; ')}`);
