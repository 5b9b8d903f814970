import { isIPv6 } from 'node:net';
import type { Limits } from '../config/limits.js';
import { SmtpReply } from './smtp-reply.js';

/** One connection of a client. Times in milliseconds. */
interface Session {
  readonly client: string;
  readonly startedAt: number;
  commands: number;
}

/** Clients remembered in one minute; beyond, all begin anew, or the memory of a server would be everybody's to fill. */
const clientsRemembered = 10_000;

/** Counts what every client does, against the limits. A client is an IPv4 address, or the /64 of an IPv6 address. */
export class SmtpClients {
  readonly #limits: Limits;
  readonly #sessions = new Map<string, Session>();
  readonly #mails = new Map<string, number>();
  #minute = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Begins a connection; gives the reply when it is one too many. */
  open(id: string, address: string, now: number): SmtpReply | null {
    const client = clientOf(address);
    const open = [...this.#sessions.values()].filter((each) => each.client === client).length;
    if (open >= this.#limits.smtpConnectionsPerClient) {
      return new SmtpReply(421, 'too many connections from your address, try again later');
    }
    this.#sessions.set(id, { client, startedAt: now, commands: 0 });
    return null;
  }

  close(id: string): void {
    this.#sessions.delete(id);
  }

  /** Counts a command; false when the connection has had its share. */
  command(id: string): boolean {
    const session = this.#sessions.get(id);
    if (!session) return true;
    session.commands += 1;
    return session.commands <= this.#limits.smtpCommands;
  }

  /** Counts a mail that begins; gives the reply when the client is too quick. */
  mail(id: string, now: number): SmtpReply | null {
    const client = this.#sessions.get(id)?.client ?? '';
    const minute = Math.floor(now / 60_000);
    if (minute !== this.#minute || this.#mails.size >= clientsRemembered) this.#mails.clear();
    this.#minute = minute;
    const mails = (this.#mails.get(client) ?? 0) + 1;
    this.#mails.set(client, mails);
    if (mails <= this.#limits.smtpMailsPerMinute) return null;
    return new SmtpReply(451, 'too many mails from your address in a minute, try again later');
  }

  /** Connections that last longer than they may. */
  overdue(now: number): readonly string[] {
    const begun = now - this.#limits.smtpSessionSeconds * 1000;
    return [...this.#sessions].filter(([, { startedAt }]) => startedAt < begun).map(([id]) => id);
  }
}

/** Somebody who has one IPv6 address has 2^64 of them. */
export function clientOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::', 2);
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length);
  return [...groups, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4).join(':');
}
