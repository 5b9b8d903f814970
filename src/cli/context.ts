/** What a command needs of the process. */
export interface CommandContext {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  /** Aborted by SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}
