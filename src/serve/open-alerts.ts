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
    <strong>${alert.domain}</strong>: ${alert.summary}<br />
    <span class="soft"
      >${alert.severity}, failing since ${dayOf(alert.first_day)}, opened ${minuteOf(alert.opened_at)},</span
    >
    ${link(alert)}
  </div> `;
}

function fold(domain: string, alerts: readonly StoredAlert[]): Markup {
  return html`<details class="alert info">
    <summary><strong>${domain}</strong>: ${infoCounts(alerts)} <span class="soft">(info)</span></summary>
    <ul>
      ${alerts.map((each) => html`<li>${each.summary}, ${link(each)}</li> `)}
    </ul>
  </details> `;
}

function infoCounts(alerts: readonly StoredAlert[]): string {
  const evidence = (rule: string) =>
    alerts.filter((each) => each.rule === rule).map((each) => each.evidence as Evidence);
  const fresh = sum(evidence('new_failing_source').map((each) => each.source_count));
  const known = evidence('known_sender_failing').length;
  return [
    ...(fresh > 0 ? [counted(fresh, 'new failing source')] : []),
    ...(known > 0 ? [`${counted(known, 'known sender')} failing`] : []),
    counted(failed(alerts), 'message'),
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
