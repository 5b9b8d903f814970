import type { Config, MailboxConfig } from '../config/config.js';
import { Failure } from '../base/failure.js';
import { afterActionsOf } from './after-action.js';
import { directorySource } from './directory.js';
import { sameFolder } from './folder-name.js';
import { imapSource } from './imap.js';
import { smtpSource } from './smtp.js';
import type { Source, SourceDeps } from './port.js';

export { smtpLookSeconds, smtpName } from './smtp.js';
export { logInByHand } from './oauth/login.js';
export type { LoginDialog } from './oauth/login.js';
export type { FolderState, Intake, Source, SourceDeps } from './port.js';

/** The kinds of source, each by the setting that lists them. */
const kinds = { mailboxes: imapSource, directories: directorySource };

/**
 * Every configured source, none of them running yet. Throws a Failure when a mailbox would move mails into a folder
 * that it reads: each would come back under a new UID for ever.
 */
export function openSources(
  config: Pick<Config, 'mailboxes' | 'directories'> & Partial<Pick<Config, 'smtp'>>,
  deps: SourceDeps,
): Source[] {
  config.mailboxes.forEach(refuseLoop);
  return [
    ...config.mailboxes.map((each) => kinds.mailboxes(each, deps)),
    ...config.directories.map((each) => kinds.directories(each, deps)),
    ...(config.smtp ? [smtpSource(config.smtp, deps)] : []),
  ];
}

function refuseLoop(mailbox: MailboxConfig): void {
  for (const [settlement, action] of Object.entries(afterActionsOf(mailbox))) {
    if (action.kind !== 'move' || !mailbox.folders.some((folder) => sameFolder(folder, action.folder))) continue;
    throw new Failure(
      `after_${settlement} of mailbox ${mailbox.name} moves mails to ${action.folder}, which it reads`,
      {
        hint: `name another folder in after_${settlement}, or take ${action.folder} out of folders`,
        exitCode: 2,
      },
    );
  }
}
