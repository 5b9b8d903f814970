import { plainText } from '../base/text.js';
import type { RecordGroup } from '../model/record-group.js';
import { isOurs, isPass } from './cause.js';

/** Which part of a sender's mail fails, as far as the same days have mail of it that passes. */
export interface Extent {
  /** `1 of 4 source IPs (198.51.100.7)`, or null: not told apart by source IP. */
  readonly ips: string | null;
  /** Selectors of ours that fail while others verify. */
  readonly selectors: readonly string[];
  /** The reporters that see it while others do not: `Yahoo only`, `2 of 5 reporters (Yahoo, Fastmail)`. */
  readonly reporters: string | null;
  /** Reporters that see it, when it is more than one and nobody sees otherwise; else 0. */
  readonly everywhere: number;
  /** No failing source IP passed before, nor passes now. */
  readonly onlyNewIps: boolean;
}

const named = 3;

/** `failing` shows the cause; `meanwhile` passes in the same days, `before` passed in the baseline. */
export function extentOf(
  domain: string,
  failing: readonly RecordGroup[],
  meanwhile: readonly RecordGroup[],
  before: readonly RecordGroup[],
): Extent {
  const ips = apart(failing, meanwhile, (each) => [each.ip]);
  const selectors = apart(failing, meanwhile, (each, passing) => ownSelectors(each, domain, passing));
  const reporters = apart(failing, meanwhile, (each) => [each.reporter]);
  const seenBy = new Set(failing.map((each) => each.reporter));
  const alone = seenBy.size > 1 && !meanwhile.some((each) => each.reporter !== '');
  const passed = new Set([...before, ...meanwhile].map((each) => each.ip));
  return {
    ips: ips === null ? null : counted(ips, 'source IPs'),
    selectors: (selectors?.failing ?? []).slice(0, named),
    reporters: reporters === null ? null : reportersText(reporters),
    everywhere: alone ? seenBy.size : 0,
    onlyNewIps: passed.size > 0 && failing.every((each) => !passed.has(each.ip)),
  };
}

interface Apart {
  readonly failing: readonly string[];
  readonly all: number;
}

/** The failing keys when none of them passes and others do. */
function apart(
  failing: readonly RecordGroup[],
  meanwhile: readonly RecordGroup[],
  keys: (group: RecordGroup, passing: boolean) => readonly string[],
): Apart | null {
  const bad = new Set(failing.flatMap((each) => keys(each, false)));
  const good = new Set(meanwhile.flatMap((each) => keys(each, true)));
  if (bad.size === 0 || good.size === 0 || [...bad].some((each) => good.has(each))) return null;
  return { failing: [...bad], all: bad.size + good.size };
}

function ownSelectors(group: RecordGroup, domain: string, passing: boolean): string[] {
  return group.dkim
    .filter((each) => isOurs(each.domain, domain) && each.selector !== '' && isPass(each) === passing)
    .map((each) => each.selector);
}

function counted({ failing, all }: Apart, what: string): string {
  const more = failing.length > named ? ', …' : '';
  const list = failing.slice(0, named).map((each) => plainText(each, 60));
  return `${failing.length} of ${all} ${what} (${list.join(', ')}${more})`;
}

function reportersText(reporters: Apart): string {
  const [only] = reporters.failing;
  if (only !== undefined && reporters.failing.length === 1) return `${plainText(only, 60)} only`;
  return counted(reporters, 'reporters');
}
