import { utcDay } from '../base/clock.js';
import { limits } from '../config/limits.js';
import type { Scope, StoreReader } from '../store/store.js';

/** An answer, or who works it out, and the version of the store that it was asked of. */
interface Kept<T> {
  readonly version: number;
  readonly answer: Promise<T>;
}

/**
 * The reader, with its statistics kept until something is written: panels of a dashboard and the people before it ask the same. Who
 * asks while an answer is worked out waits for that one. Bounded by `limits.keptAnswers` and `limits.keptRows`.
 */
export function keepAnswers(reader: StoreReader): StoreReader {
  const { version } = reader;
  return {
    ...reader,
    domains: keep(version, (scope, ...rest) => reader.domains(scope, ...rest), byDay),
    daily: keep(version, (scope, ...rest) => reader.daily(scope, ...rest), byDay),
    sources: keep(version, (scope, ...rest) => reader.sources(scope, ...rest), byDay),
    senderStats: keep(version, (scope, ...rest) => reader.senderStats(scope, ...rest), byDay),
    coverage: keep(version, (scope) => reader.coverage(scope), byDay),
    authStats: keep(version, (scope, ...rest) => reader.authStats(scope, ...rest), byDay),
    policies: keep(version, (scope) => reader.policies(scope), byDay),
    reporters: keep(version, (scope, ...rest) => reader.reporters(scope, ...rest), byDay),
    variables: keep(version, (scope, ...rest) => reader.variables(scope, ...rest), byDay),
    delays: keep(version, (scope) => reader.delays(scope), asAsked),
  };
}

/** What goes by event days is the same at any time of the day. */
function byDay(scope: Scope): Scope {
  return { ...scope, from: utcDay(scope.from), to: utcDay(scope.to) };
}

function asAsked(scope: Scope): Scope {
  return scope;
}

type Read<A extends readonly unknown[], T> = (scope: Scope, ...rest: A) => Promise<T>;

function keep<A extends readonly unknown[], T>(
  versionNow: () => Promise<number>,
  read: Read<A, T>,
  fold: (scope: Scope) => Scope,
): Read<A, T> {
  const kept = new Map<string, Kept<T>>();
  return async (asked, ...rest) => {
    const scope = fold(asked);
    const key = JSON.stringify([scope, rest]);
    // Read before the answer is: a write in between makes the version too old, never too new.
    const version = await versionNow();
    const known = kept.get(key);
    if (known?.version === version) return known.answer;
    const entry = { version, answer: read(scope, ...rest) };
    kept.delete(key);
    kept.set(key, entry);
    const drop = () => {
      if (kept.get(key) === entry) kept.delete(key);
    };
    entry.answer.then((answer) => {
      if (rowsOf(answer) > limits.keptRows) drop();
    }, drop);
    for (const oldest of kept.keys()) {
      if (kept.size <= limits.keptAnswers) break;
      kept.delete(oldest);
    }
    return entry.answer;
  };
}

function rowsOf(answer: unknown): number {
  if (Array.isArray(answer)) return answer.length;
  return (answer as { readonly rows: readonly unknown[] }).rows.length;
}
