import { destination, pino, stdTimeFunctions } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import pretty from 'pino-pretty';

export type Log = Logger;

export interface LogOptions {
  /** debug, info, warn or error. */
  readonly level: string;
  /** Lines for people instead of JSON; by default when standard error is a terminal. */
  readonly pretty?: boolean;
  /** Where lines go instead of standard error. */
  readonly to?: DestinationStream;
}

/** One JSON object a line on standard error, so that standard output stays for what a command prints. */
export function openLog({ level, pretty: asked, to }: LogOptions): Log {
  const forPeople = asked ?? (to === undefined && process.stderr.isTTY === true);
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: ['password', 'secret', 'api_token', '*.password', '*.secret', '*.api_token', 'req.headers'],
      remove: true,
    },
  };
  if (to !== undefined && !forPeople) return pino(options, to);
  if (!forPeople) return pino(options, destination({ dest: 2, sync: true }));
  const stream = pretty({
    destination: to ?? 2,
    sync: true,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss',
    colorize: to === undefined,
  });
  return pino(options, stream);
}
