import { backUp } from '../store/store.js';

/** `ruawatch backup`: a copy of the database while the service runs. Resolves with the exit code. */
export function backup(db: string, file: string, { out }: { readonly out: NodeJS.WriteStream }): number {
  const { bytes, mails, reports } = backUp(db, file);
  const mib = (bytes / 1024 / 1024).toFixed(1);
  out.write(`${file} holds ${mails} mails and ${reports} reports (${mib} MiB) and was checked.\n`);
  return 0;
}
