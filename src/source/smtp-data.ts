import type { SMTPServerDataStream } from 'smtp-server/lib/types.js';
import { Gathered } from '../base/gathered.js';
import type { Limits } from '../config/limits.js';
import { SmtpReply } from './smtp-reply.js';

/** Bytes of mails on their way in, all connections together. */
export class Arriving {
  readonly #most: number;
  #bytes = 0;

  constructor({ arrivingBytes }: Limits) {
    this.#most = arrivingBytes;
  }

  /** Whether there is room for so many more; then they are taken. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#most) return false;
    this.#bytes += bytes;
    return true;
  }

  free(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** How far beyond the limit a client may go on before it is cut: it must be able to end its mail to hear that it was refused. */
const toleratedTimes = 2;

export interface DataOptions {
  readonly limits: Limits;
  readonly arriving: Arriving;
  /** Ends the connection. */
  cut(): void;
}

/**
 * Reads one mail; then `use` has its bytes, which are held until it is done. Rejects with the reply when the mail is too large or
 * there is no room for it; never settles when the connection ends before the mail does, for then nobody waits for an answer.
 */
export function readData<T>(
  stream: SMTPServerDataStream,
  { limits, arriving, cut }: DataOptions,
  use: (bytes: Buffer) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let gathered = new Gathered();
    let held = 0;
    let bytes = 0;
    let refused: SmtpReply | null = null;
    const drop = (): void => {
      arriving.free(held);
      held = 0;
      gathered = new Gathered();
    };
    const refuse = (reply: SmtpReply): void => {
      refused = reply;
      drop();
    };
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limits.mailBytes * toleratedTimes) cut();
      if (refused) return;
      if (bytes > limits.mailBytes) return refuse(tooLarge(limits));
      if (!arriving.take(chunk.length)) return refuse(noRoom);
      held += chunk.length;
      gathered.add(chunk);
    });
    stream.on('error', drop);
    stream.on('end', () => {
      if (refused) return reject(refused);
      use(gathered.bytes()).then(resolve, reject).finally(drop);
    });
  });
}

const noRoom = new SmtpReply(452, 'too much mail at the moment, try again later');

function tooLarge({ mailBytes }: Limits): SmtpReply {
  return new SmtpReply(552, `the mail is larger than ${mailBytes} bytes`);
}
