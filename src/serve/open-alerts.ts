import type { Evidence } from '../model/finding.js';
import type { StoredAlert } from '../store/store.js';
import { counted, dayOf, minuteOf } from './figures.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';

/** Open alerts that are critical or a warning, gravest first as they come: a block each. */
export function graveAlerts(alerts: readonly StoredAlert[]): readonly Markup[] {
  return alerts.filter((each) => !isInfo(each)).map(block);
}

/** Infos, folded into one line, and within it to a line per policy domain; null without any. */
export function notedAlerts(alerts: readonly StoredAlert[]): Markup | null {
  const infos = [...byDomain(alerts.filter(isInfo))].sort(([, one], [, other]) => failed(other) - failed(one));
  if (infos.length === 0) return null;
  const count = infos.reduce((all, [, each]) => all + each.length, 0);
  return html`<details class="alert info">
    <summary>
      <strong>Noted</strong>: ${counted(count, 'finding')} about ${counted(infos.length, 'domain')}
      <span class="soft">(info: nothing to do at once)</span>
    </summary>
    ${infos.map(([domain, each]) => fold(domain, each))}
  </details>`;
}

/** How many critical and warning alerts each policy domain has. */
export function graveByDomain(alerts: readonly StoredAlert[]): ReadonlyMap<string, number> {
  const grave = byDomain(alerts.filter((each) => !isInfo(each)));
  return new Map([...grave].map(([domain, each]) => [domain, each.length]));
}

function byDomain(alerts: readonly StoredAlert[]): ReadonlyMap<string, readonly StoredAlert[]> {
  const found = new Map<string, StoredAlert[]>();
  for (const each of alerts) found.set(each.domain, [...(found.get(each.domain) ?? []), each]);
  return found;
}

function isInfo({ severity }: StoredAlert): boolean {
  return severity === 'info';
}

function block(alert: StoredAlert): Markup {
  return html`<div class="alert ${alert.severity}">
    <strong>${nameOf(alert.domain)}</strong>: ${textOf(alert)}<br />
    <span class="soft"
      >${alert.severity}, ${isOfSender(alert) ? 'failing ' : ''}since ${dayOf(alert.first_day)}, opened
      ${minuteOf(alert.opened_at)},</span
    >
    ${link(alert)}
  </div> `;
}

function fold(domain: string, alerts: readonly StoredAlert[]): Markup {
  return html`<details class="noted">
    <summary><strong>${nameOf(domain)}</strong>: ${infoCounts(alerts)}</summary>
    <ul>
      ${alerts.map((each) => html`<li>${textOf(each)}, ${link(each)}</li> `)}
    </ul>
  </details> `;
}

function nameOf(domain: string): string {
  return domain === '' ? 'ruawatch' : domain;
}

/** The name of the domain stands before it already. */
function textOf({ domain, summary }: StoredAlert): string {
  return summary.startsWith(`${domain}: `) ? summary.slice(domain.length + 2) : summary;
}

/** Not about a domain as a whole, nor the service. */
function isOfSender({ evidence }: StoredAlert): boolean {
  return (evidence as Evidence).about === undefined;
}

function infoCounts(alerts: readonly StoredAlert[]): string {
  const evidence = (rule: string) =>
    alerts.filter((each) => each.rule === rule).map((each) => each.evidence as Evidence);
  const fresh = sum(evidence('new_failing_source').map((each) => each.source_count));
  const known = evidence('known_sender_failing').length;
  const others = alerts.filter((each) => !isOfSender(each)).length;
  const messages = failed(alerts.filter(isOfSender));
  return [
    ...(fresh > 0 ? [counted(fresh, 'new failing source')] : []),
    ...(known > 0 ? [`${counted(known, 'known sender')} failing`] : []),
    ...(messages > 0 ? [counted(messages, 'message')] : []),
    ...(others > 0 ? [counted(others, 'other finding')] : []),
  ].join(', ');
}

/** Messages that showed these failures. */
function failed(alerts: readonly StoredAlert[]): number {
  return sum(alerts.map((each) => (each.evidence as Evidence).window.failed));
}

function sum(values: readonly number[]): number {
  return values.reduce((all, each) => all + each, 0);
}

function link({ alert_id }: StoredAlert): Markup {
  return html`<a href="alerts/${encodeURIComponent(alert_id)}">details</a>`;
}
