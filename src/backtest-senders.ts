import type { SourceClass } from './model/finding.js';
import { openStoreReader } from './store/store.js';
import type { Place } from './store/store.js';

/** A sender of a policy domain at the end of the archive, as `ruawatch backtest --senders` prints it. */
export interface SenderLine {
  readonly type: 'sender';
  readonly domain: string;
  readonly sender: string;
  readonly title: string;
  readonly class: SourceClass;
  /** The step of docs/detection.md that decided the class, and on what evidence. */
  readonly step: number;
  readonly evidence: string;
  /** The one with the most messages first. */
  readonly sourceIps: readonly string[];
  readonly messages: number;
}

const rowsTogether = 500;

/** Every sender in the store at `path`, domain by domain, known ones first. */
export async function* senderLines(path: string): AsyncGenerator<SenderLine> {
  const reader = openStoreReader(path);
  try {
    let after: Place | null = null;
    do {
      const { rows, next } = await reader.senders(null, { limit: rowsTogether, after });
      for (const row of rows) {
        const { domain, sender, title } = row;
        const sources = await reader.senderSources(domain, sender);
        yield {
          type: 'sender',
          domain,
          sender,
          title,
          class: row.class,
          step: row.class_step,
          evidence: row.class_evidence,
          sourceIps: sources.map(({ ip }) => ip),
          messages: sources.reduce((sum, each) => sum + each.messages, 0),
        };
      }
      after = next;
    } while (after !== null);
  } finally {
    reader.close();
  }
}
