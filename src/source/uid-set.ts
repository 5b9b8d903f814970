/** Ascending UIDs as an IMAP sequence set (RFC 3501 section 9), `1:3,7`: neighbours become a range, nothing else is named. */
export function uidSet(uids: readonly number[]): string {
  const parts: string[] = [];
  let first = 0;
  uids.forEach((uid, index) => {
    if (index === 0 || uid !== (uids[index - 1] ?? 0) + 1) first = uid;
    if (uids[index + 1] !== uid + 1) parts.push(first === uid ? String(uid) : `${first}:${uid}`);
  });
  return parts.join(',');
}
