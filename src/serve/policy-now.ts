import type { PolicySpan } from '../store/store.js';

/** A span, with what the domain published before it within the range. */
export interface PolicyStep extends PolicySpan {
  /** First day, Unix seconds at midnight UTC, of a policy that another one came before; null when none did. */
  readonly changed_day: number | null;
  readonly p_before: string | null;
}

/** Each span with the one before it. `spans` are by domain, oldest first. */
export function steps(spans: readonly PolicySpan[]): PolicyStep[] {
  return spans.map((span, i) => {
    const before = spans[i - 1];
    const isFirst = before?.domain !== span.domain;
    return { ...span, changed_day: isFirst ? null : span.first_day, p_before: isFirst ? null : before.p };
  });
}

/**
 * The last policy of each domain. Tags that a record leaves out are filled in with what they then mean: reporters differ in whether
 * they do that, so the policy as written changes with who reports on a day.
 */
export function policiesNow(spans: readonly PolicySpan[]): PolicyStep[] {
  const all = steps(joined(spans.map(meant)));
  return all.filter(({ domain }, i) => all[i + 1]?.domain !== domain);
}

/** Defaults of RFC 7489 section 6.3; np and t as in RFC 9989. */
function meant(span: PolicySpan): PolicySpan {
  const sp = span.sp ?? span.p;
  return {
    ...span,
    sp,
    np: span.np ?? sp,
    adkim: span.adkim ?? 'r',
    aspf: span.aspf ?? 'r',
    pct: span.pct ?? 100,
    testing: span.testing ?? 'n',
  };
}

/** Neighbours that say the same become one. */
function joined(spans: readonly PolicySpan[]): PolicySpan[] {
  const found: PolicySpan[] = [];
  for (const span of spans) {
    const last = found.at(-1);
    if (last !== undefined && isSame(last, span))
      found[found.length - 1] = { ...last, last_day: span.last_day, reports: last.reports + span.reports };
    else found.push(span);
  }
  return found;
}

const tags = ['domain', 'p', 'sp', 'np', 'adkim', 'aspf', 'pct', 'testing'] as const;

function isSame(one: PolicySpan, other: PolicySpan): boolean {
  return tags.every((tag) => one[tag] === other[tag]);
}
