import type { Call, CommandTable } from './command-table.js';
import type { Mailbox } from './mailbox.js';
import { bad, no, ok, type Reply, type Session } from './session.js';
import { itemsOf, quote, textOf, type Value } from './syntax.js';

const systemFlags = '\\Answered \\Flagged \\Deleted \\Seen \\Draft';

/** Commands about folders as a whole (RFC 3501 section 6.3). */
export const folderCommands: CommandTable = {
  LIST: { needs: 'login', run: (call) => list(call, 'LIST') },
  LSUB: { needs: 'login', run: (call) => list(call, 'LSUB') },
  STATUS: {
    needs: 'login',
    run: async ({ session, args }) => {
      const mailbox = session.account.find(textOf(args[0]) ?? '');
      if (!mailbox) return no('[NONEXISTENT] no such mailbox');
      const status = statusOf(mailbox, args[1]);
      if (status === null) return bad('unknown status item');
      await session.send(`* STATUS ${quote(mailbox.name)} ${status}`);
      return ok('STATUS completed');
    },
  },
  SELECT: { needs: 'login', run: (call) => open(call, false) },
  EXAMINE: { needs: 'login', run: (call) => open(call, true) },
  CREATE: {
    needs: 'login',
    run: ({ session, args }) => {
      const name = textOf(args[0]) ?? '';
      if (session.account.find(name)) return no('[ALREADYEXISTS] mailbox exists');
      return session.account.create(name) ? ok('CREATE completed') : no('[CANNOT] not a name for a mailbox');
    },
  },
  SUBSCRIBE: { needs: 'login', run: () => ok('every mailbox is subscribed') },
  UNSUBSCRIBE: { needs: 'login', run: () => no('every mailbox is subscribed') },
  UNSELECT: { needs: 'selection', run: ({ session }) => leave(session) },
  CLOSE: {
    needs: 'selection',
    run: ({ session }) => {
      const deleted = session.view.filter(({ message }) => message.flags.has('\\Deleted'));
      if (!session.readOnly) session.selected?.remove(deleted.map(({ message }) => message));
      return leave(session);
    },
  },
  CHECK: { needs: 'selection', run: () => ok('CHECK completed') },
};

function leave(session: Session): Reply {
  session.unselect();
  return ok('no mailbox is selected');
}

async function open({ session, args }: Call, readOnly: boolean): Promise<Reply> {
  const mailbox = session.account.find(textOf(args[0]) ?? '');
  session.unselect();
  if (!mailbox) return no('[NONEXISTENT] no such mailbox');
  session.select(mailbox, readOnly);
  await session.send(`* FLAGS (${systemFlags})`);
  await session.send(`* ${mailbox.size} EXISTS`);
  await session.send('* 0 RECENT');
  await session.send(`* OK [PERMANENTFLAGS (${readOnly ? '' : `${systemFlags} \\*`})] flags that stay`);
  await session.send(`* OK [UIDVALIDITY ${mailbox.uidValidity}] UIDs are valid`);
  await session.send(`* OK [UIDNEXT ${mailbox.uidNext}] the next UID`);
  return ok(readOnly ? '[READ-ONLY] EXAMINE completed' : '[READ-WRITE] SELECT completed');
}

/** LIST with the options of RFC 5258 and RFC 5819. No folder has a special use. */
async function list({ session, args }: Call, name: 'LIST' | 'LSUB'): Promise<Reply> {
  const selecting = args[0]?.type === 'list' ? itemsOf(args[0]).map(upper) : [];
  const [reference, patterns, word, options] = args[0]?.type === 'list' ? args.slice(1) : args;
  const prefix = textOf(reference);
  if (prefix === null || !patterns) return bad(`${name} needs a reference and a pattern`);
  if (textOf(patterns) === '') {
    await session.send(`* ${name} (\\Noselect) "/" ""`);
    return ok(`${name} completed`);
  }
  const returning = upper(word) === 'RETURN' ? itemsOf(options) : [];
  const matchers = itemsOf(patterns).map((pattern) => matcher(prefix + (textOf(pattern) ?? '')));
  const found = session.account.mailboxes.filter((mailbox) => matchers.some((one) => one.test(mailbox.name)));
  for (const mailbox of selecting.includes('SPECIAL-USE') ? [] : found) {
    await listOne(session, mailbox, name, returning);
  }
  return ok(`${name} completed`);
}

async function listOne(session: Session, mailbox: Mailbox, name: string, returning: readonly Value[]): Promise<void> {
  const wanted = returning.map(upper);
  const inside = session.account.mailboxes.some((other) => other.name.startsWith(`${mailbox.name}/`));
  const subscribed = wanted.includes('SUBSCRIBED') ? ' \\Subscribed' : '';
  const attributes = `${inside ? '\\HasChildren' : '\\HasNoChildren'}${subscribed}`;
  await session.send(`* ${name} (${attributes}) "/" ${quote(mailbox.name)}`);
  const status = wanted.indexOf('STATUS');
  const items = status === -1 ? null : statusOf(mailbox, returning[status + 1]);
  if (items !== null) await session.send(`* STATUS ${quote(mailbox.name)} ${items}`);
}

function upper(value: Value | undefined): string {
  return textOf(value)?.toUpperCase() ?? '';
}

/** `*` is anything, `%` anything within a level. */
function matcher(pattern: string): RegExp {
  const literal = pattern.slice(0, 1000).replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  const expression = literal.replace(/[*%]+/g, (wild) => (wild.includes('*') ? '.*' : '[^/]*'));
  return new RegExp(`^${expression}$`, pattern.toUpperCase() === 'INBOX' ? 'i' : '');
}

function statusOf(mailbox: Mailbox, items: Value | undefined): string | null {
  const known: Readonly<Record<string, () => number>> = {
    MESSAGES: () => mailbox.size,
    RECENT: () => 0,
    UIDNEXT: () => mailbox.uidNext,
    UIDVALIDITY: () => mailbox.uidValidity,
    UNSEEN: () => mailbox.messages.filter((message) => !message.flags.has('\\Seen')).length,
  };
  const wanted = itemsOf(items).map(upper);
  if (!wanted.every((item) => Object.hasOwn(known, item))) return null;
  return `(${wanted.map((item) => `${item} ${known[item]?.() ?? 0}`).join(' ')})`;
}
