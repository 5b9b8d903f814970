import type { Call, CommandEntry, CommandTable } from './command-table.js';
import { parseFetchItems, type FetchItem } from './fetch-items.js';
import { parseSearch } from './search-keys.js';
import { bad, no, ok, type Numbered, type Reply, type Session } from './session.js';
import { itemsOf, textOf } from './syntax.js';

const byNumber = (run: CommandEntry['run']): CommandEntry => ({ needs: 'selection', holdsNumbers: true, run });
const byUid = (run: CommandEntry['run']): CommandEntry => ({ needs: 'selection', run });

/** Commands that look at messages or flag them (RFC 3501 section 6.4). */
export const messageCommands: CommandTable = {
  SEARCH: byNumber(search),
  'UID SEARCH': byUid(search),
  FETCH: byNumber(fetch),
  'UID FETCH': byUid(fetch),
  STORE: byNumber(store),
  'UID STORE': byUid(store),
};

async function search({ session, args, byUid: uids }: Call): Promise<Reply> {
  const { view } = session;
  const criterion = parseSearch(args, view);
  if (!criterion) return bad('unknown search key');
  const found = view.filter(criterion).map(({ number, message }) => (uids ? message.uid : number));
  await session.send(['* SEARCH', ...found].join(' '));
  return ok('SEARCH completed');
}

async function fetch({ session, args, byUid: uids }: Call): Promise<Reply> {
  const messages = session.pick(args[0], uids);
  const items = parseFetchItems(args[1], uids);
  if (!messages || !items) return bad('not a set, or an unknown item');
  for (const one of messages) await fetchOne(session, one, items);
  return ok('FETCH completed');
}

async function fetchOne(session: Session, one: Numbered, items: readonly FetchItem[]): Promise<void> {
  const { message } = one;
  const nowSeen = !session.readOnly && !message.flags.has('\\Seen') && items.some((item) => item.marksSeen);
  if (nowSeen) message.flags = new Set([...message.flags, '\\Seen']);
  const answers = items.map((item) => Buffer.from(item.answer(message)));
  const spaced = answers.flatMap((answer, index) => (index === 0 ? [answer] : [Buffer.from(' '), answer]));
  await session.send(Buffer.concat([Buffer.from(`* ${one.number} FETCH (`), ...spaced, Buffer.from(')')]));
  if (nowSeen) await tellFlags(session, one, false);
}

async function store({ session, args, byUid: uids }: Call): Promise<Reply> {
  const messages = session.pick(args[0], uids);
  const action = /^([+-]?)FLAGS(\.SILENT)?$/i.exec(textOf(args[1]) ?? '');
  const flags = args
    .slice(2)
    .flatMap(itemsOf)
    .map((item) => flagOf(textOf(item) ?? ''));
  if (!messages || !action || !flags.every((flag) => flag !== null))
    return bad('STORE needs a set, an action and flags');
  if (session.readOnly) return no('[READ-ONLY] the mailbox was examined');
  for (const one of messages) {
    one.message.flags = changed(one.message.flags, action[1] ?? '', flags);
    if (action[2] === undefined) await tellFlags(session, one, uids);
  }
  return ok('STORE completed');
}

function tellFlags(session: Session, { number, message }: Numbered, withUid: boolean): Promise<void> {
  const uid = withUid ? `UID ${message.uid} ` : '';
  return session.send(`* ${number} FETCH (${uid}FLAGS (${[...message.flags].join(' ')}))`);
}

const systemFlags = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft'];

/** In the server's spelling; null when a client cannot set it. */
function flagOf(text: string): string | null {
  const known = systemFlags.find((flag) => flag.toLowerCase() === text.toLowerCase());
  return known ?? (/^[\w$.-]{1,100}$/.test(text) ? text : null);
}

function changed(flags: ReadonlySet<string>, action: string, given: readonly string[]): ReadonlySet<string> {
  if (action === '+') return new Set([...flags, ...given]);
  return new Set(action === '-' ? [...flags].filter((flag) => !given.includes(flag)) : given);
}
