/** A folder name in modified UTF-7 (RFC 3501 section 5.1.3), as Maildir++ folders are named on disk. */
export function modifiedUtf7(name: string): string {
  return name.replace(/&|[^\x20-\x7e]+/g, (run) => (run === '&' ? '&-' : `&${encoded(run)}-`));
}

function encoded(run: string): string {
  return Buffer.from(run, 'utf16le').swap16().toString('base64').replaceAll('/', ',').replace(/=+$/, '');
}
