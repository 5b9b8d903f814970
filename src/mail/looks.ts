const fieldName = /^([!-9;-~]{1,200})[ \t]*:/;

/** Fields that every real mail has some of, and that no report file or delivery status starts with. */
const mailFields = new Set(
  (
    'from to cc subject date received return-path message-id mime-version delivered-to envelope-to x-original-to reply-to ' +
    'sender content-type dkim-signature received-spf arc-seal arc-message-signature arc-authentication-results'
  ).split(' '),
);

/** How much of the head is looked at, and how many of its lines. */
const lookBytes = 64 * 1024;
const lookLines = 400;

/** Whether these first bytes are a mail: header lines (RFC 5322), or the `From ` line of an mbox file. */
export function looksLikeMail(head: Buffer): boolean {
  const text = head
    .toString('latin1', 0, lookBytes)
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart();
  if (/^>?From \S/.test(text)) return true;
  const lines = text.split(/\r\n|\n|\r/, lookLines);
  if (!fieldName.test(lines[0] ?? '')) return false;
  for (const line of lines) {
    if (line === '') return false;
    const name = fieldName.exec(line)?.[1];
    if (name !== undefined && mailFields.has(name.toLowerCase())) return true;
  }
  return false;
}
