import type { DomainRow } from '../model/api.js';
import { figure } from './figures.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';

/** A line for each policy domain. `grave` are its open alerts that are critical or warning. */
export function domainTable(domains: readonly DomainRow[], grave: ReadonlyMap<string, number>): Markup {
  return html`<table>
    <tr>
      <th>Domain</th>
      <th>Policy</th>
      <th class="n">Messages</th>
      <th class="n">Pass rate</th>
      <th class="n">Failed</th>
      <th class="n">Sources</th>
      <th class="n">Reporters</th>
      <th>Last day</th>
      <th class="n">Alerts</th>
    </tr>
    ${domains.map((row) => line(row, grave.get(row.domain) ?? 0))}
  </table> `;
}

function line(row: DomainRow, grave: number): Markup {
  return html`<tr>
    <td><a href="./?domain=${encodeURIComponent(row.domain)}">${row.domain}</a></td>
    <td>${row.p ?? 'unknown'}</td>
    <td class="n">${figure(row.messages)}</td>
    <td class="n ${rateClass(row.pass_rate)}">${percent(row.pass_rate)}</td>
    <td class="n">${figure(row.fail)}</td>
    <td class="n">${figure(row.sources)}</td>
    <td class="n">${figure(row.reporters)}</td>
    <td class="n">${row.last_day?.slice(0, 10) ?? 'none'}</td>
    <td class="n">${alerts(grave, row.open_alerts - grave)}</td>
  </tr> `;
}

function alerts(grave: number, infos: number): Markup {
  const count = html`<span class="${grave > 0 ? 'bad' : 'soft'}">${figure(grave)}</span>`;
  return infos > 0 ? html`${count} <span class="soft">+ ${figure(infos)} info</span>` : count;
}

function rateClass(rate: number | null): string {
  if (rate === null) return 'soft';
  return rate < 0.9 ? 'bad' : rate >= 0.98 ? 'ok' : '';
}

/** Rounded down, so that 100 % means all. */
function percent(rate: number | null): string {
  return rate === null ? 'no mail' : `${(Math.floor(rate * 1000) / 10).toFixed(1)} %`;
}
