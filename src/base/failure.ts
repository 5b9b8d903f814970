/** A machine failed (never: a mail was bad). Says what was tried, on what, what to do, and whether trying again can help. */
export class Failure extends Error {
  readonly hint: string;
  readonly retryable: boolean;
  /** 1: work not accepted; 2: wrong use or configuration. */
  readonly exitCode: number;

  constructor(
    message: string,
    options: { hint?: string; retryable?: boolean; exitCode?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Failure';
    this.hint = options.hint ?? '';
    this.retryable = options.retryable ?? false;
    this.exitCode = options.exitCode ?? 1;
  }
}

/** Too much waits already; asked again later, it works. */
export class Busy extends Error {
  constructor() {
    super('too many questions wait for an answer');
    this.name = 'Busy';
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a system error, or "". */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
