import type { Evidence } from '../model/finding.js';
import type { StoredAlert } from '../store/store.js';
import { counted, dayOf, minuteOf } from './figures.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';

/** Open alerts, gravest first as they come: a block for each critical and warning, infos folded to a line per policy domain. */
export function openAlerts(alerts: readonly StoredAlert[]): Markup {
  const infos = [...byDomain(alerts.filter(isInfo))].sort(([, one], [, other]) => failed(other) - failed(one));
  return html`${alerts.filter((each) => !isInfo(each)).map(block)} ${infos.map(([domain, each]) => fold(domain, each))}`;
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
  return html`<details class="alert info">
    <summary><strong>${nameOf(domain)}</strong>: ${infoCounts(alerts)} <span class="soft">(info)</span></summary>
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
