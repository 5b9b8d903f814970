import type { MailboxConfig } from '../config/config.js';
import type { Settlement } from '../model/outcome.js';

/** What is done in the mailbox with a mail that is settled. */
export type AfterAction =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'flag'; readonly flag: string }
  | { readonly kind: 'delete' }
  | { readonly kind: 'move'; readonly folder: string };

export type AfterActions = Readonly<Record<Settlement, AfterAction>>;

export function afterActionsOf(mailbox: Pick<MailboxConfig, `after_${Settlement}`>): AfterActions {
  const { after_done, after_duplicate, after_not_a_report, after_failed } = mailbox;
  return {
    done: readAction(after_done),
    duplicate: readAction(after_duplicate ?? after_done),
    not_a_report: readAction(after_not_a_report ?? after_done),
    failed: readAction(after_failed),
  };
}

/** Whether anything is done in the mailbox. */
export function hasActions(actions: AfterActions): boolean {
  return Object.values(actions).some(({ kind }) => kind !== 'nothing');
}

/** Folders that mails are moved to, as they are configured. */
export function moveTargets(actions: AfterActions): readonly string[] {
  return Object.values(actions).flatMap((each) => (each.kind === 'move' ? [each.folder] : []));
}

/** As it is written in the configuration. */
export function nameOfAction(action: AfterAction): string {
  switch (action.kind) {
    case 'flag':
      return action.flag === '\\Seen' ? 'seen' : `flag:${action.flag}`;
    case 'move':
      return `move:${action.folder}`;
    default:
      return action.kind;
  }
}

function readAction(setting: string): AfterAction {
  if (setting === 'seen') return { kind: 'flag', flag: '\\Seen' };
  if (setting === 'delete') return { kind: 'delete' };
  if (setting.startsWith('flag:')) return { kind: 'flag', flag: setting.slice('flag:'.length) };
  if (setting.startsWith('move:')) return { kind: 'move', folder: setting.slice('move:'.length) };
  return { kind: 'nothing' };
}
