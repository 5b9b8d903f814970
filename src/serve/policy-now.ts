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
 * The last policy of each domain. A tag that a report does not name, or whose word is none of DMARC's, says nothing: reporters differ
 * in what they name, so the policy as written changes with who reports on a day. What no report names is what its absence means.
 */
export function policiesNow(spans: readonly PolicySpan[]): PolicyStep[] {
  const all = steps(joined(spans.map(legal)).map(meant));
  return all.filter(({ domain }, i) => all[i + 1]?.domain !== domain);
}

const policies = ['none', 'quarantine', 'reject'];
const modes = ['r', 's'];

function legal(span: PolicySpan): PolicySpan {
  const { p, sp, np, adkim, aspf } = span;
  const of = (words: readonly string[], word: string | null) => (word !== null && words.includes(word) ? word : null);
  return {
    ...span,
    p: of(policies, p),
    sp: of(policies, sp),
    np: of(policies, np),
    adkim: of(modes, adkim),
    aspf: of(modes, aspf),
  };
}

/** Neighbours that do not contradict each other become one. */
function joined(spans: readonly PolicySpan[]): PolicySpan[] {
  const found: PolicySpan[] = [];
  for (const span of spans) {
    const last = found.at(-1);
    if (last?.domain === span.domain && agree(last, span)) found[found.length - 1] = both(last, span);
    else found.push(span);
  }
  return found;
}

const tags = ['p', 'sp', 'np', 'adkim', 'aspf', 'pct', 'testing'] as const;

function agree(one: PolicySpan, other: PolicySpan): boolean {
  return tags.every((tag) => one[tag] === null || other[tag] === null || one[tag] === other[tag]);
}

function both(one: PolicySpan, other: PolicySpan): PolicySpan {
  return {
    ...other,
    p: other.p ?? one.p,
    sp: other.sp ?? one.sp,
    np: other.np ?? one.np,
    adkim: other.adkim ?? one.adkim,
    aspf: other.aspf ?? one.aspf,
    pct: other.pct ?? one.pct,
    testing: other.testing ?? one.testing,
    first_day: one.first_day,
    reports: one.reports + other.reports,
  };
}

/** Defaults of RFC 7489 section 6.3; np and t of RFC 9989 section 4.7. */
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
