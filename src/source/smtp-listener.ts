import { SMTPServer } from 'smtp-server';
import type { SMTPServerDataStream, SMTPServerOptions, SMTPServerSession } from 'smtp-server/lib/types.js';
import type { Clock } from '../base/clock.js';
import { digestPath } from '../base/digest.js';
import type { SmtpConfig } from '../config/config.js';
import type { Limits } from '../config/limits.js';
import type { RawMail } from '../model/raw-mail.js';
import { Arriving, readData } from './smtp-data.js';
import { SmtpClients } from './smtp-clients.js';
import { recipientTest } from './smtp-recipients.js';
import { SmtpReply } from './smtp-reply.js';

/** PEM texts. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface ListenerDeps {
  /** Name of the source in the ledger. */
  readonly name: string;
  readonly config: SmtpConfig;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Null: STARTTLS is not offered. */
  readonly keys: KeyPair | null;
  /** Resolves when the mail is committed; rejects, or resolves with false, when it could not be stored. */
  store(mail: RawMail): Promise<boolean>;
}

const closeMs = 3_000;

/** What nobody needs who hands on mail. Without a certificate of ours the library would offer STARTTLS with one whose key all the world has. */
const refusedCommands = ['AUTH', 'VRFY', 'HELP', 'XCLIENT', 'XFORWARD', 'WIZ', 'SHELL', 'KILL'];

/** An SMTP (RFC 5321) or LMTP (RFC 2033) server: takes mail for its recipients, relays none, and answers 250 only for what is committed. */
export class SmtpListener {
  readonly #deps: ListenerDeps;
  readonly #server: SMTPServer;
  readonly #clients: SmtpClients;
  readonly #arriving: Arriving;
  readonly #isOurs: (address: string) => boolean;

  constructor(deps: ListenerDeps) {
    this.#deps = deps;
    this.#clients = new SmtpClients(deps.limits);
    this.#arriving = new Arriving(deps.limits);
    this.#isOurs = recipientTest(deps.config.recipients);
    this.#server = new SMTPServer({ ...this.#options(), ...this.#handlers() });
    // A connection that breaks is the other side's affair: what was not answered with 250 comes again.
    this.#server.on('error', () => undefined);
  }

  /** Resolves with the port; rejects with the system's error. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const { server } = this.#server;
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        const address = server.address();
        resolve(typeof address === 'object' && address ? address.port : port);
      });
    });
  }

  /** Takes up a renewed certificate; connections that are open keep theirs. */
  renew(keys: KeyPair): void {
    this.#server.updateSecureContext(keys);
  }

  /** Ends connections that last too long. */
  sweep(): void {
    for (const id of this.#clients.overdue(this.#deps.clock.now())) this.#cut(id, 'the connection lasts too long');
  }

  /** Takes no more connections; those that are open have a moment to end their mail. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #options(): SMTPServerOptions {
    const { config, limits, keys } = this.#deps;
    return {
      lmtp: config.protocol === 'lmtp',
      ...(config.hostname === null ? {} : { name: config.hostname }),
      ...(keys ?? {}),
      disabledCommands: keys ? refusedCommands : [...refusedCommands, 'STARTTLS'],
      // A resolver that hangs must not hold mail up.
      disableReverseLookup: true,
      hideENHANCEDSTATUSCODES: false,
      size: limits.mailBytes,
      rejectOversized: true,
      maxClients: limits.smtpConnections,
      maxRecipients: limits.smtpRecipients,
      socketTimeout: limits.smtpIdleSeconds * 1000,
      closeTimeout: closeMs,
      logger: this.#commandCounter(),
    };
  }

  #handlers(): SMTPServerOptions {
    const { clock } = this.#deps;
    return {
      onConnect: (session, done) => done(this.#clients.open(session.id, session.remoteAddress, clock.now())),
      onClose: (session) => this.#clients.close(session.id),
      onMailFrom: (_sender, session, done) => done(this.#clients.mail(session.id, clock.now())),
      onRcptTo: ({ address }, _session, done) => done(this.#isOurs(address) ? null : relaying),
      onData: (stream, session, done) => {
        this.#data(stream, session).then(() => done(null, 'stored'), done);
      },
    };
  }

  async #data(stream: SMTPServerDataStream, { id }: SMTPServerSession): Promise<void> {
    const { limits } = this.#deps;
    const cut = () => this.#cut(id, 'the mail is far too large');
    await readData(stream, { limits, arriving: this.#arriving, cut }, (bytes) => this.#store(bytes));
  }

  async #store(bytes: Buffer): Promise<void> {
    const stored = await this.#deps.store(this.#rawMail(bytes)).catch(() => false);
    if (!stored) throw new SmtpReply(451, 'the mail could not be stored, try again later');
  }

  /** The bytes are its place in the ledger: a client that did not hear our 250 sends them again. LMTP is spoken by our own mail server alone. */
  #rawMail(bytes: Buffer): RawMail {
    const { name, config } = this.#deps;
    return {
      origin: { source: name, folder: '', uidValidity: null, uid: null, path: digestPath(bytes) },
      content: { kind: 'bytes', bytes },
      size: bytes.length,
      receivedAt: null,
      name: null,
      fromStranger: config.protocol === 'smtp',
    };
  }

  #cut(id: string, why: string): void {
    for (const connection of this.#server.connections) if (connection.id === id) connection.send(421, why);
  }

  /** The library bounds unknown commands only; its log is the one place where it tells of every command. */
  #commandCounter() {
    const quiet = (): void => undefined;
    const debug = (entry: unknown): void => {
      const { tnx, cid } = entry as { readonly tnx?: string; readonly cid?: string };
      if (tnx !== 'command' || cid === undefined || this.#clients.command(cid)) return;
      this.#cut(cid, 'too many commands on one connection');
    };
    return { trace: quiet, debug, info: quiet, warn: quiet, error: quiet, fatal: quiet };
  }
}

const relaying = new SmtpReply(550, 'no mail is taken for this address, and none is relayed');
