import { createInterface } from 'node:readline';
import { systemClock } from '../base/clock.js';
import { Failure } from '../base/failure.js';
import { plainText } from '../base/text.js';
import type { Config, MailboxConfig } from '../config/config.js';
import { logInByHand } from '../source/source.js';
import type { CommandContext } from './context.js';

/** `ruawatch login`: a person logs in once for a mailbox of OAuth2. Resolves with the exit code. */
export async function login(config: Config, name: string | undefined, context: CommandContext): Promise<number> {
  const mailbox = chosen(config, name);
  const say = (line: string): void => void context.out.write(`${line}\n`);
  const ask = async (): Promise<string> => askOnce(context.signal);
  const file = await logInByHand(mailbox, { say, ask }, { clock: systemClock, signal: context.signal });
  say(
    `Logged in. The refresh token of ${plainText(mailbox.name)} is in ${file}; a running service takes it up by itself.`,
  );
  say('`ruawatch check` says whether the mailbox opens.');
  return 0;
}

/** The mailbox of that name, else the only one that somebody has to log in for. */
function chosen({ mailboxes }: Config, name: string | undefined): MailboxConfig {
  const waiting = mailboxes.filter(({ oauth }) => oauth?.grant === 'refresh_token');
  const names = (of: readonly MailboxConfig[]) => of.map((each) => plainText(each.name, 64)).join(', ');
  if (name !== undefined) {
    const found = mailboxes.find((each) => each.name === name);
    if (found) return found;
    const hint = mailboxes.length === 0 ? 'none is configured' : `there are: ${names(mailboxes)}`;
    throw new Failure(`there is no mailbox "${plainText(name, 64)}"`, { hint, exitCode: 2 });
  }
  const [only, ...others] = waiting;
  if (only === undefined) {
    const hint = 'set oauth of a mailbox, with grant refresh_token; docs/oauth.md says how';
    throw new Failure('no mailbox needs a login by hand', { hint, exitCode: 2 });
  }
  if (others.length === 0) return only;
  throw new Failure('several mailboxes have a login by hand', { hint: `name one of: ${names(waiting)}`, exitCode: 2 });
}

/** One line of standard input; "" at its end or when the command is broken off. */
async function askOnce(signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, signal });
  const typed = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
  });
  lines.close();
  return typed;
}
