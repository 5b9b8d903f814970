/** A folder as the server lists it. */
export interface ListedFolder {
  readonly path: string;
  readonly delimiter: string;
  /** Attributes such as \Noselect, and what it is for, such as \Junk (RFC 6154 section 2). */
  readonly flags?: ReadonlySet<string>;
}

/**
 * The server's own name for a folder, or null. People write `Reports/DMARC` whatever the server's separator is and whether
 * or not it keeps every folder below INBOX, and one name may be composed or decomposed Unicode. `\Junk` is the folder of that use.
 */
export function findFolder(listed: readonly ListedFolder[], name: string): string | null {
  if (isUse(name)) return listed.find(({ flags = [] }) => [...flags].some((flag) => sameUse(flag, name)))?.path ?? null;
  const wanted = canonical(name, '/');
  const byName = new Map(listed.map(({ path, delimiter }) => [canonical(path, delimiter), path]));
  const exact = listed.find(({ path }) => path === name)?.path;
  return exact ?? byName.get(wanted) ?? byName.get(`INBOX/${wanted}`) ?? null;
}

/** Whether a configured name is a use such as `\Junk` (RFC 6154 section 2). */
export function isUse(name: string): boolean {
  return name.startsWith('\\');
}

function sameUse(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Whether two configured names mean one folder. */
export function sameFolder(one: string, other: string): boolean {
  return canonical(one, '/') === canonical(other, '/');
}

/** The name with slashes between its levels. INBOX is the one name without case (RFC 3501 section 5.1). */
export function canonical(path: string, delimiter: string): string {
  const segments = (delimiter ? path.split(delimiter) : [path]).map((segment) => segment.normalize('NFC'));
  const [first = '', ...rest] = segments;
  return [first.toUpperCase() === 'INBOX' ? 'INBOX' : first, ...rest].join('/');
}
