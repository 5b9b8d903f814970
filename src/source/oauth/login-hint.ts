import type { OauthConfig } from '../../config/oauth-settings.js';

const hints: Readonly<Record<OauthConfig['provider'], Readonly<Record<OauthConfig['grant'], string>>>> = {
  google: all(
    'user of the mailbox must be the account that logged in; at a Workspace the administrator must allow IMAP',
  ),
  microsoft: {
    ...all(
      'user of the mailbox must be the account that logged in, or one that it has full access to; IMAP must be on for it (Set-CASMailbox -ImapEnabled $true)',
    ),
    client_credentials:
      'the application needs IMAP.AccessAsApp with admin consent and full access to the mailbox (New-ServicePrincipal, Add-MailboxPermission), and IMAP must be on for it (Set-CASMailbox -ImapEnabled $true)',
  },
  generic: all(
    'check that the token is for this mail server (scope), and that user of the mailbox is the account that logged in',
  ),
};

function all(hint: string): Readonly<Record<OauthConfig['grant'], string>> {
  const also = `${hint}; docs/oauth.md says more`;
  return { refresh_token: also, client_credentials: also, service_account: also };
}

/** What to do when the provider gives tokens and the mail server refuses them. */
export function oauthLoginHint({ provider, grant }: OauthConfig): string {
  return hints[provider][grant];
}
