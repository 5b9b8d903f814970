#!/usr/bin/env node
import { systemClock } from './base/clock.js';
import { Failure, messageOf } from './base/failure.js';
import { run } from './cli/program.js';

/** The process: its signals, its exit code, and the one sentence that an error leaves on the terminal. */
const stopping = new AbortController();
/** A terminal and npm each pass on one Ctrl-C; only a later one means impatience. */
const oneSignalMs = 1_000;
let stoppedAt = 0;
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    const now = systemClock.now();
    if (stopping.signal.aborted && now - stoppedAt > oneSignalMs) process.exit(130);
    if (!stopping.signal.aborted) stoppedAt = now;
    stopping.abort(name);
  });
}
// Databases, backups and token files hold what is nobody's business but the owner's and the group's.
process.umask(process.umask() | 0o007);
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  process.exitCode = await run(process.argv.slice(2), {
    out: process.stdout,
    err: process.stderr,
    signal: stopping.signal,
  });
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  if (error instanceof Failure) {
    process.stderr.write(`ruawatch: ${error.message}\n${error.hint ? `  ${error.hint}\n` : ''}`);
    return error.exitCode;
  }
  process.stderr.write(`ruawatch: ${messageOf(error)}\n  this is a fault of ruawatch; please report it\n`);
  return 1;
}
