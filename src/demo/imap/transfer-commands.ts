import type { Call, CommandTable } from './command-table.js';
import type { Mailbox } from './mailbox.js';
import { formatSet } from './sequence-set.js';
import { bad, no, ok, type Numbered, type Reply } from './session.js';
import { textOf } from './syntax.js';

/** Commands that copy, move and remove messages (RFC 3501, RFC 4315, RFC 6851). */
export const transferCommands: CommandTable = {
  COPY: { needs: 'selection', run: copy },
  'UID COPY': { needs: 'selection', run: copy },
  MOVE: { needs: 'selection', run: move },
  'UID MOVE': { needs: 'selection', run: move },
  EXPUNGE: { needs: 'selection', run: expunge },
  'UID EXPUNGE': { needs: 'selection', run: expunge },
};

function copy(call: Call): Reply {
  const transfer = plan(call);
  return 'status' in transfer ? transfer : ok(`${copied(transfer)}COPY completed`);
}

/** The expunges follow from the removal, before the tagged reply. */
async function move(call: Call): Promise<Reply> {
  const { session } = call;
  if (session.readOnly) return no('[READ-ONLY] the mailbox was examined');
  const transfer = plan(call);
  if ('status' in transfer) return transfer;
  await session.send(`* OK ${copied(transfer)}moved`);
  session.selected?.remove(transfer.messages.map(({ message }) => message));
  return ok('MOVE completed');
}

interface Transfer {
  readonly messages: readonly Numbered[];
  readonly target: Mailbox;
}

function plan({ session, args, byUid }: Call): Transfer | Reply {
  const messages = session.pick(args[0], byUid);
  const name = textOf(args[1]);
  if (!messages || name === null) return bad('a set and a mailbox are needed');
  const target = session.account.find(name);
  return target ? { messages, target } : no('[TRYCREATE] no such mailbox');
}

/** Copies, and says under which UIDs (RFC 4315 section 3). */
function copied({ messages, target }: Transfer): string {
  const copies = messages.map(({ message }) => target.append(message.raw, message.receivedAt, message.flags));
  if (copies.length === 0) return '';
  const from = formatSet(messages.map(({ message }) => message.uid));
  return `[COPYUID ${target.uidValidity} ${from} ${formatSet(copies.map(({ uid }) => uid))}] `;
}

function expunge({ session, args, byUid }: Call): Reply {
  if (session.readOnly) return no('[READ-ONLY] the mailbox was examined');
  const among = byUid ? session.pick(args[0], true) : session.view;
  if (!among) return bad('UID EXPUNGE needs a set');
  const deleted = among.filter(({ message }) => message.flags.has('\\Deleted'));
  session.selected?.remove(deleted.map(({ message }) => message));
  return ok('EXPUNGE completed');
}
