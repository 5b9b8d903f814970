import { Failure } from '../base/failure.js';
import type { PollFailureReason } from '../observe/events.js';

/** A poll that failed, with the reason that metrics count it under. Always worth another try. */
export class PollFailure extends Failure {
  readonly reason: PollFailureReason;

  constructor(reason: PollFailureReason, message: string, hint: string, cause?: unknown) {
    super(message, { hint, retryable: true, cause });
    this.name = 'PollFailure';
    this.reason = reason;
  }
}

/** The server asks for patience: it is not tried again before the next poll is due. */
export class BusyFailure extends PollFailure {}
