/** A folder as the server lists it. */
export interface ListedFolder {
  readonly path: string;
  readonly delimiter: string;
}

/**
 * The server's own name for a folder, or null. People write `Reports/DMARC` whatever the server's separator is and whether
 * or not it keeps every folder below INBOX, and one name may be composed or decomposed Unicode.
 */
export function findFolder(listed: readonly ListedFolder[], name: string): string | null {
  const wanted = canonical(name, '/');
  const byName = new Map(listed.map(({ path, delimiter }) => [canonical(path, delimiter), path]));
  const exact = listed.find(({ path }) => path === name)?.path;
  return exact ?? byName.get(wanted) ?? byName.get(`INBOX/${wanted}`) ?? null;
}

/** Whether two configured names mean one folder. */
export function sameFolder(one: string, other: string): boolean {
  return canonical(one, '/') === canonical(other, '/');
}

/** INBOX is the one name without case (RFC 3501 section 5.1). */
function canonical(path: string, delimiter: string): string {
  const segments = (delimiter ? path.split(delimiter) : [path]).map((segment) => segment.normalize('NFC'));
  const [first = '', ...rest] = segments;
  return [first.toUpperCase() === 'INBOX' ? 'INBOX' : first, ...rest].join('/');
}
