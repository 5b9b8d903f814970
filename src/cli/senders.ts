import { systemClock } from '../base/clock.js';
import { Failure } from '../base/failure.js';
import { plainText } from '../base/text.js';
import type { Decision } from '../model/sender.js';
import { decideIn, openStoreReader } from '../store/store.js';
import type { Place, StoredSender } from '../store/store.js';
import { openOutput } from './output.js';

export interface SendersOptions {
  readonly domain?: string;
  readonly json?: boolean;
}

export interface SetOptions {
  readonly until?: string;
  readonly name?: string;
}

const rowsTogether = 500;

/** `ruawatch senders`. Resolves with the exit code. */
export async function senders(
  db: string,
  { domain, json = false }: SendersOptions,
  { out }: { readonly out: NodeJS.WriteStream },
): Promise<number> {
  const reader = openStoreReader(db);
  const output = openOutput(out);
  try {
    let after: Place | null = null;
    do {
      const page = await reader.senders(domain === undefined ? null : [domain.toLowerCase()], {
        limit: rowsTogether,
        after,
      });
      for (const row of page.rows) output.write(json ? `${JSON.stringify(asJson(row))}\n` : asText(row));
      await output.drained();
      after = page.next;
    } while (after !== null);
  } finally {
    reader.close();
  }
  return 0;
}

function asJson(row: StoredSender) {
  return {
    ...row,
    decision_until: row.decision_until === null ? null : isoTime(row.decision_until),
    updated_at: isoTime(row.updated_at),
  };
}

function asText(row: StoredSender): string {
  const title = row.title === row.sender ? '' : `  "${plainText(row.title, 64)}"`;
  const until = row.decision_until === null ? '' : ` until ${isoTime(row.decision_until)}`;
  const said =
    row.decision === null ? '' : `\n    ${row.decision}${until}: ${plainText(row.decided_by ?? '', 64)} said so`;
  const sources = row.sources === 1 ? '1 source IP' : `${row.sources} source IPs`;
  return (
    `${plainText(row.domain, 255)}  ${plainText(row.sender, 255)}${title}  ${row.class}  ${sources}\n` +
    `    ${plainText(row.evidence, 300)}; step ${row.class_step}: ${plainText(row.class_evidence, 300)}${said}\n`
  );
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** `ruawatch senders set`: writes beside a running service. Throws a Failure that says what is wrong with a word. */
export function setSender(
  db: string,
  {
    domain,
    sender,
    decision,
    until,
    name,
  }: SetOptions & { readonly domain: string; readonly sender: string; readonly decision: string },
  { out }: { readonly out: NodeJS.WriteStream },
): number {
  const change = {
    domain: domain.toLowerCase(),
    sender,
    decision: decisionOf(decision),
    until: until === undefined ? null : momentOf(until),
    title: name === undefined ? null : plainText(name, 64),
    by: 'the operator',
  };
  if (!decideIn(db, change, Math.floor(systemClock.now() / 1000))) {
    throw new Failure(`${plainText(domain, 255)} has no sender ${plainText(sender, 255)}`, {
      hint: 'see `ruawatch senders` for the names; senders are there after the first evaluation of the service',
      exitCode: 1,
    });
  }
  out.write(`${plainText(sender, 255)} is ${decision} for ${plainText(domain, 255)}; the next evaluation goes by it\n`);
  return 0;
}

function decisionOf(word: string): Decision | null {
  if (word === 'known' || word === 'ignore' || word === 'threat') return word;
  if (word === 'none') return null;
  throw new Failure(`"${plainText(word, 40)}" is no decision`, {
    hint: 'say known, ignore, threat or none',
    exitCode: 2,
  });
}

function momentOf(text: string): number {
  const moment = Date.parse(text);
  if (Number.isNaN(moment))
    throw new Failure(`--until: "${plainText(text, 40)}" is no date`, {
      hint: 'write a date such as 2026-12-31',
      exitCode: 2,
    });
  return Math.floor(moment / 1000);
}
