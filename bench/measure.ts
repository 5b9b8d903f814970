import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { reportXml } from './report-xml.js';
import type { GeneratedReport } from './report-xml.js';

/** One whole process: wall and processor seconds, and peak resident memory. */
export interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly mib: number;
}

/** Looks at the process every 20 ms, so the last 20 ms of its processor time are not seen. */
export async function measure(command: string, args: readonly string[], cwd: string): Promise<Run> {
  const started = process.hrtime.bigint();
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], cwd });
  let kib = 0;
  let cpuSeconds = 0;
  const look = setInterval(() => {
    kib = Math.max(kib, peakOf(child.pid));
    cpuSeconds = Math.max(cpuSeconds, cpuOf(child.pid));
  }, 20);
  await once(child, 'exit');
  clearInterval(look);
  return { seconds: Number(process.hrtime.bigint() - started) / 1e9, cpuSeconds, mib: kib / 1024 };
}

function peakOf(pid: number | undefined): number {
  return Number(/VmHWM:\s+(\d+)/.exec(ofProcess(pid, 'status'))?.[1] ?? 0);
}

/** proc(5): utime and stime are the 12th and 13th field behind the name, in hundredths of a second. */
function cpuOf(pid: number | undefined): number {
  const fields = ofProcess(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}

function ofProcess(pid: number | undefined, file: string): string {
  try {
    return readFileSync(`/proc/${pid ?? 'self'}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Writes a generated report as `.xml.gz`. */
export function writeReport(path: string, report: GeneratedReport): Promise<void> {
  return pipeline(Readable.from(reportXml(report)), createGzip({ level: 1 }), createWriteStream(path));
}
