import type { DomainRow } from '../model/api.js';
import { figure } from './figures.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';

/**
 * A line for each policy domain, those that need somebody first, else as they come. `grave` are its open alerts that are critical or
 * warning. The rate has no colour: it is of all mail, and forgers move it.
 */
export function domainTable(domains: readonly DomainRow[], grave: ReadonlyMap<string, number>): Markup {
  const graveOf = ({ domain }: DomainRow): number => grave.get(domain) ?? 0;
  const sorted = domains.toSorted((one, other) => graveOf(other) - graveOf(one));
  return html`<table>
    <tr>
      <th>Domain</th>
      <th class="n">Needs you</th>
      <th class="n wide">Noted</th>
      <th class="wide">Policy</th>
      <th class="n">Pass rate</th>
      <th class="n wide">Failed</th>
      <th class="n wide">Messages</th>
      <th class="n wide">Reporters</th>
      <th class="n wide">Last day</th>
    </tr>
    ${sorted.map((row) => line(row, graveOf(row)))}
  </table> `;
}

function line(row: DomainRow, grave: number): Markup {
  return html`<tr>
    <td><a href="./?domain=${encodeURIComponent(row.domain)}">${row.domain}</a></td>
    <td class="n ${grave > 0 ? 'bad' : 'soft'}">${figure(grave)}</td>
    <td class="n soft wide">${figure(row.open_alerts - grave)}</td>
    <td class="wide">${row.p ?? 'unknown'}</td>
    <td class="n">${percent(row.pass_rate)}</td>
    <td class="n wide">${figure(row.fail)}</td>
    <td class="n wide">${figure(row.messages)}</td>
    <td class="n wide">${figure(row.reporters)}</td>
    <td class="n wide">${row.last_day?.slice(0, 10) ?? 'none'}</td>
  </tr> `;
}

/** Rounded down, so that 100 % means all. */
function percent(rate: number | null): string {
  return rate === null ? 'no mail' : `${(Math.floor(rate * 1000) / 10).toFixed(1)} %`;
}
