export { openReader, openWriter } from './database.js';
export type { Connection } from './database.js';
export type { MailFacts } from './ledger.js';
export { StoreWriter } from './writer.js';
export type { MailEntry } from './writer.js';
