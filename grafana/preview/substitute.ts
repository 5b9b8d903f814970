import type { Dashboard, Target } from '../src/dashboard.js';

/** What a viewer has chosen. Times in milliseconds; a variable that is not named here is All. */
export interface Choice {
  readonly from: number;
  readonly to: number;
  readonly values?: Readonly<Record<string, readonly string[]>>;
  /** Seconds between two scrapes; 60 when absent. */
  readonly scrapeSeconds?: number;
}

/** Seconds between two points of a chart. */
export function stepOf({ from, to, scrapeSeconds = 60 }: Choice): number {
  return Math.max(scrapeSeconds, Math.round((to - from) / 1000 / 120));
}

/** Writes a choice into a query as Grafana and the Infinity plugin do. Throws on a variable that the dashboard does not declare. */
export type Substitute = (text: string, joined: 'csv' | 'regex') => string;

const place = /\$\{(\w+)(?::(\w+))?\}|\$(\w+)/g;

export function substitution(dashboard: Dashboard, choice: Choice): Substitute {
  const macros: Readonly<Record<string, string>> = {
    __timeFrom: String(choice.from),
    __timeTo: String(choice.to),
    __range: `${Math.round((choice.to - choice.from) / 1000)}s`,
    __rate_interval: `${stepOf(choice) + 3 * (choice.scrapeSeconds ?? 60)}s`,
  };
  return (text, joined) =>
    text.replace(place, (whole, braced: string | undefined, _format: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare ?? '';
      const value = macros[name] ?? valueOf(dashboard, choice, name, joined);
      if (value === null) throw new Error(`${whole} is no variable of ${dashboard.uid}`);
      return value;
    });
}

function valueOf(dashboard: Dashboard, { values }: Choice, name: string, joined: 'csv' | 'regex'): string | null {
  const variable = dashboard.templating.list.find((each) => each.name === name);
  if (variable === undefined) return null;
  const chosen = values?.[name];
  if (chosen === undefined) return variable.allValue ?? variable.current.value;
  return joined === 'csv' ? chosen.join(',') : `(${chosen.map(escapeRegex).join('|')})`;
}

/** For a regular expression within a PromQL string. */
function escapeRegex(value: string): string {
  return value.replace(/[\\^$.*+?()[\]{}|]/g, '\\\\$&');
}

/** Path and query of an API target, or the PromQL of the other kind. */
export function queryOf(target: Target, substitute: Substitute): string {
  if ('expr' in target) return substitute(target.expr, 'regex');
  const query = new URLSearchParams();
  for (const { key, value } of target.url_options.params) query.append(key, substitute(value, 'csv'));
  return `${substitute(target.url, 'csv')}?${query}`;
}
