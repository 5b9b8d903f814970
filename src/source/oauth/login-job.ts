import type { OauthConfig } from '../../config/oauth-settings.js';
import type { TokenDeps } from './access-tokens.js';

/** The person who logs in. */
export interface LoginDialog {
  say(line: string): void;
  /** One line of what the person types; "" at the end of input. */
  ask(): Promise<string>;
}

/** What both ways to log in by hand are given. */
export interface LoginJob {
  readonly mailbox: string;
  readonly user: string;
  readonly oauth: OauthConfig;
  readonly dialog: LoginDialog;
  readonly deps: Required<TokenDeps>;
  readonly signal: AbortSignal;
}
