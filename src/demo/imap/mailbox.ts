/** A stored mail. Flags are as sent; RFC 3501 section 2.3.2 compares them without case. */
export interface Message {
  readonly uid: number;
  readonly raw: Buffer;
  /** INTERNALDATE, Unix seconds. */
  readonly receivedAt: number;
  flags: ReadonlySet<string>;
}

/** A folder. Watchers are told after every change of its list of mails. */
export class Mailbox {
  readonly name: string;
  readonly uidValidity: number;
  readonly #messages = new Map<number, Message>();
  readonly #watchers = new Set<() => void>();
  #uidNext = 1;
  #revision = 0;

  constructor(name: string, uidValidity: number) {
    this.name = name;
    this.uidValidity = uidValidity;
  }

  get uidNext(): number {
    return this.#uidNext;
  }

  /** Grows with every change of the list of mails. */
  get revision(): number {
    return this.#revision;
  }

  /** By ascending UID. */
  get messages(): readonly Message[] {
    return [...this.#messages.values()];
  }

  get size(): number {
    return this.#messages.size;
  }

  holds(message: Message): boolean {
    return this.#messages.get(message.uid) === message;
  }

  append(raw: Buffer, receivedAt: number, flags: ReadonlySet<string> = new Set()): Message {
    const message: Message = { uid: this.#uidNext, raw, receivedAt, flags };
    this.#uidNext += 1;
    this.#messages.set(message.uid, message);
    this.#tell();
    return message;
  }

  remove(messages: readonly Message[]): void {
    for (const message of messages) this.#messages.delete(message.uid);
    if (messages.length > 0) this.#tell();
  }

  /** Returns how to stop watching. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  #tell(): void {
    this.#revision += 1;
    for (const watcher of this.#watchers) watcher();
  }
}

const mostMailboxes = 1000;

/** One user's folders; `/` parts the levels. */
export class Account {
  readonly user: string;
  readonly password: string;
  readonly inbox: Mailbox;
  readonly #mailboxes = new Map<string, Mailbox>();
  readonly #uidValidity: number;

  /** `uidValidity` of the INBOX; folders created later count on from it. */
  constructor(user: string, password: string, uidValidity: number) {
    this.user = user;
    this.password = password;
    this.#uidValidity = uidValidity;
    this.inbox = new Mailbox('INBOX', uidValidity);
    this.#mailboxes.set('INBOX', this.inbox);
  }

  get mailboxes(): readonly Mailbox[] {
    return [...this.#mailboxes.values()];
  }

  find(name: string): Mailbox | null {
    return this.#mailboxes.get(canonical(name)) ?? null;
  }

  /** Null when the name is taken or not a name. */
  create(name: string): Mailbox | null {
    const path = canonical(name.replace(/\/$/, ''));
    const valid = /^[\x20-\x7e]{1,200}$/.test(path) && !/[*%]/.test(path);
    if (!valid || this.#mailboxes.has(path) || this.#mailboxes.size >= mostMailboxes) return null;
    const mailbox = new Mailbox(path, this.#uidValidity + this.#mailboxes.size);
    this.#mailboxes.set(path, mailbox);
    return mailbox;
  }
}

function canonical(name: string): string {
  return name.toUpperCase() === 'INBOX' ? 'INBOX' : name;
}
