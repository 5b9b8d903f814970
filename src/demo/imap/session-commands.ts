import type { CommandTable } from './command-table.js';
import { bad, no, ok, type Reply, type Session } from './session.js';
import { textOf } from './syntax.js';

export const capabilities =
  'IMAP4rev1 LITERAL+ SASL-IR ID ENABLE NAMESPACE CHILDREN LIST-EXTENDED LIST-STATUS SPECIAL-USE UIDPLUS MOVE UNSELECT IDLE AUTH=PLAIN';

/** Commands of any state, and the two that log in (RFC 3501 sections 6.1 and 6.2). */
export const sessionCommands: CommandTable = {
  CAPABILITY: {
    needs: 'nothing',
    run: async ({ session }) => {
      await session.send(`* CAPABILITY ${capabilities}`);
      return ok('CAPABILITY completed');
    },
  },
  NOOP: { needs: 'nothing', run: () => ok('NOOP completed') },
  ID: {
    needs: 'nothing',
    run: async ({ session }) => {
      await session.send('* ID ("name" "ruawatch demo")');
      return ok('ID completed');
    },
  },
  LOGOUT: {
    needs: 'nothing',
    run: async ({ session }) => {
      session.loggedOut = true;
      await session.send('* BYE until next time');
      return ok('LOGOUT completed');
    },
  },
  LOGIN: {
    needs: 'no-login',
    run: ({ session, args }) => {
      const [user, password] = args.map(textOf);
      if (typeof user !== 'string' || typeof password !== 'string') return bad('LOGIN needs a user and a password');
      return logIn(session, user, password);
    },
  },
  AUTHENTICATE: {
    needs: 'no-login',
    run: ({ session, args }) => {
      if (textOf(args[0])?.toUpperCase() !== 'PLAIN') return no('only PLAIN is offered');
      const early = textOf(args[1]);
      if (early !== null) return plain(session, early);
      return { prompt: '', next: (line) => plain(session, line) };
    },
  },
  ENABLE: {
    needs: 'login',
    run: async ({ session }) => {
      await session.send('* ENABLED');
      return ok('nothing to enable');
    },
  },
  NAMESPACE: {
    needs: 'login',
    run: async ({ session }) => {
      await session.send('* NAMESPACE (("" "/")) NIL NIL');
      return ok('NAMESPACE completed');
    },
  },
};

/** RFC 4616: authorisation identity, user, password, parted by NUL. */
function plain(session: Session, line: string): Reply {
  if (line === '*') return bad('AUTHENTICATE cancelled');
  const [, user, password] = Buffer.from(line, 'base64').toString('utf8').split('\u0000');
  if (user === undefined || password === undefined) return bad('not a PLAIN response');
  return logIn(session, user, password);
}

function logIn(session: Session, user: string, password: string): Reply {
  const { account } = session;
  if (user !== account.user || password !== account.password) {
    return no('[AUTHENTICATIONFAILED] wrong user or password');
  }
  session.authenticated = true;
  return ok(`[CAPABILITY ${capabilities}] logged in`);
}
