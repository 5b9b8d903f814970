import type { Continuation, Reply, Session } from './session.js';
import type { Value } from './syntax.js';

export interface Call {
  readonly session: Session;
  readonly args: readonly Value[];
  /** The command came as `UID …`: its set and its answers are UIDs. */
  readonly byUid: boolean;
}

export interface CommandEntry {
  /** `nothing`: any state. `no-login`: only before, `login`: only after, `selection`: with a folder selected. */
  readonly needs: 'nothing' | 'no-login' | 'login' | 'selection';
  /** Message numbers may not change under this command's answer (RFC 3501 section 7.4.1). */
  readonly holdsNumbers?: boolean;
  run(call: Call): Reply | Continuation | Promise<Reply | Continuation>;
}

/** Commands by their name in upper case. */
export type CommandTable = Readonly<Record<string, CommandEntry>>;
