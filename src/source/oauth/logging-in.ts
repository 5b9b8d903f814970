import type { MailboxConfig } from '../../config/config.js';
import { pollFailureOf } from '../imap-fault.js';
import type { AccessTokens } from './access-tokens.js';

/** A mailbox with what it takes to log in now. */
export type Account = MailboxConfig & { readonly accessToken?: string };

/**
 * Logs in with the password, else with a token. A token out of memory that the server refuses is replaced, once; one made
 * for this login is not: then the server refuses the account, and knocking again would only lock it.
 */
export async function loggingIn<T>(
  mailbox: MailboxConfig,
  tokens: AccessTokens | null,
  signal: AbortSignal,
  open: (account: Account) => Promise<T>,
): Promise<T> {
  if (tokens === null) return open(mailbox);
  for (;;) {
    const { token, isNew } = await tokens.get(signal);
    const account = { ...mailbox, accessToken: token };
    try {
      return await open(account);
    } catch (error) {
      const failure = pollFailureOf(error, account);
      if (failure.reason === 'auth') tokens.refused(token);
      if (failure.reason !== 'auth' || isNew) throw failure;
    }
  }
}
