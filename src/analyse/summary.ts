import { plainText } from '../base/text.js';
import type { DayRange, Evidence, Mechanism, RuleName } from '../model/finding.js';
import type { RestOfSources } from '../model/history.js';
import type { Sender } from '../model/sender.js';

const figures = new Intl.NumberFormat('en-US');

/** A number for people: `5,310`. */
export function figure(value: number): string {
  return figures.format(value);
}

/** `on 2026-09-01`, `from 2026-09-01 to 2026-09-03`. */
function when(window: DayRange): string {
  return window.from === window.to ? `on ${window.from}` : `from ${window.from} to ${window.to}`;
}

function who({ name, title }: Named, evidence: Pick<Evidence, 'sources' | 'source_count'>): string {
  const shown = plainText(title, 100);
  const first = evidence.sources[0]?.ip;
  if (evidence.source_count !== 1 || first === undefined) return `${shown} (${figure(evidence.source_count)} IPs)`;
  return name.includes('/') && title === name ? first : `${shown} (${first})`;
}

type Named = Pick<Sender, 'name' | 'title'>;

/** Rules about what never failed before. */
export function isFirst(rule: RuleName): boolean {
  return rule === 'new_failing_source' || rule === 'new_unaligned_sender';
}

function what(mechanism: Mechanism): string {
  if (mechanism === 'dmarc') return 'failed DMARC';
  const [lost, kept] = mechanism === 'dkim' ? ['DKIM', 'SPF'] : ['SPF', 'DKIM'];
  return `had no aligned ${lost} while DMARC still passes by ${kept}`;
}

/** Mail of a finding's sources in the 180 days before its window. */
export interface Past {
  readonly messages: number;
  /** `2026-09-01`, or null. */
  readonly firstFailed: string | null;
}

function counted({ messages, failed }: { readonly messages: number; readonly failed: number }): string {
  return `before: ${figure(failed)} of ${figure(messages)}`;
}

/** What is known of when a source that is new to us began to fail; at a first start that may be long before its window. */
export function failingSince(seen: { readonly baseline: Evidence['baseline']; readonly past: Past }): string | null {
  return seen.baseline.failed > 0 || seen.baseline.messages === 0 ? seen.past.firstFailed : null;
}

function newcomer(seen: { readonly baseline: Evidence['baseline']; readonly past: Past }): string {
  const since = failingSince(seen);
  if (since !== null) return `failing since at least ${since}`;
  if (seen.baseline.messages > 0) return counted(seen.baseline);
  return seen.past.messages === 0 ? 'not seen before' : counted({ messages: seen.past.messages, failed: 0 });
}

/** The one sentence of a finding. */
export function summaryOf(
  rule: RuleName,
  domain: string,
  sender: Named,
  evidence: Pick<Evidence, 'window' | 'baseline' | 'sources' | 'source_count' | 'mechanism'> & { readonly past: Past },
): string {
  const { window } = evidence;
  const before = isFirst(rule) ? newcomer(evidence) : counted(evidence.baseline);
  return `mail sent by ${who(sender, evidence)} for ${plainText(domain, 100)}: ${figure(window.failed)} of ${figure(window.messages)} messages ${what(evidence.mechanism)} ${when(window)} (${before})`;
}

type Counted = Pick<Evidence, 'window' | 'latest'>;

/** What failed after the window, to end a summary with; "" when nothing did. */
export function untilNow({ window, latest }: Counted): string {
  const later = latest.to > window.to && latest.failed > window.failed;
  return later ? `; until ${latest.to} ${figure(latest.failed)} of ${figure(latest.messages)}` : '';
}

/** A summary with the counts of `now` in place of those of `then`. */
export function summaryLater(summary: string, then: Counted, now: Counted): string {
  return summary.slice(0, summary.length - untilNow(then).length) + untilNow(now);
}

/** The one sentence of the finding that stands for sources too many to look at. */
export function summaryOfRest(rest: RestOfSources, window: DayRange): string {
  return `mail sent by ${figure(rest.sources)} more sources for ${plainText(rest.domain, 100)}: ${figure(rest.failed)} messages failed DMARC ${when(window)}`;
}
