import type { Settlement } from '../model/outcome.js';
import type { MailboxConfig } from '../config/config.js';

/** What is done in the mailbox with a mail that is settled. */
export type AfterAction =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'flag'; readonly flag: string }
  | { readonly kind: 'delete' }
  | { readonly kind: 'move'; readonly folder: string };

export type AfterActions = Readonly<Record<Settlement, AfterAction>>;

export function afterActionsOf(mailbox: Pick<MailboxConfig, 'after_done' | 'after_failed'>): AfterActions {
  return { done: readAction(mailbox.after_done), failed: readAction(mailbox.after_failed) };
}

/** Whether anything is done in the mailbox. */
export function hasActions({ done, failed }: AfterActions): boolean {
  return done.kind !== 'nothing' || failed.kind !== 'nothing';
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
