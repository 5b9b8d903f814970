import type { MailboxState } from '../observe/observe.js';
import { counted, minuteOf } from './figures.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';

/** A line for each mailbox and directory: when it was last read, what waits, and what is wrong. */
export function mailboxLines(mailboxes: readonly MailboxState[]): Markup {
  return html`<h2>Mailboxes</h2>
    ${mailboxes.length === 0 ? html`<p class="soft">None is set.</p>` : null}
    <ul class="plain">
      ${mailboxes.map(line)}
    </ul>`;
}

/** Whether a poll succeeded since the start, and the last one did. */
export function isRead({ lastSuccessAt, lastError }: MailboxState): boolean {
  return lastSuccessAt !== null && lastError === null;
}

function line({ name, lastSuccessAt, backlog, lastError }: MailboxState): Markup {
  const read = lastSuccessAt === null ? 'not read yet' : `last read ${minuteOf(lastSuccessAt)}`;
  return html`<li>
    <strong>${name}</strong>: ${read},
    ${backlog.left === 0 ? 'nothing waits' : `${counted(backlog.left, 'mail')} to read`}
    ${lastError === null ? null : html`<span class="bad">${lastError}</span>`}
  </li> `;
}
