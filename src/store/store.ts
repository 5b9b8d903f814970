export { openReader, openWriter } from './database.js';
export type { Connection } from './database.js';
export { openFindings } from './findings.js';
export { openHistory } from './history.js';
export type { MailFacts } from './ledger.js';
export { openOutbox } from './outbox.js';
export * from './reader.js';
export { StoreWriter } from './writer.js';
export type { MailEntry } from './writer.js';
