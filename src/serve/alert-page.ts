import type { AuthCounts, Evidence } from '../model/finding.js';
import type { StoredAlert } from '../store/store.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';
import { document } from './page.js';
import { timeOf } from './reply.js';

/** One alert for people: what happened, since when, why, what to do, and the evidence. */
export function alertPage(alert: StoredAlert): string {
  const evidence = alert.evidence as Evidence;
  const { window, baseline } = evidence;
  const content = html`<div class="alert ${alert.severity}">
      <strong>${alert.summary}</strong><br />
      <span class="soft"
        >${alert.severity}, ${alert.status}${alert.resolution === null ? '' : `: ${alert.resolution}`}</span
      >
    </div>
    <p>${evidence.why}</p>
    <h2>What to do</h2>
    <ol>
      ${evidence.next_steps.map((step) => html`<li>${step}</li>`)}
    </ol>
    <h2>Evidence</h2>
    <p>
      ${window.from} to ${window.to}: ${window.failed} of ${window.messages} messages failed. The ${baseline.days} days
      before: ${baseline.failed} of ${baseline.messages}. Sender ${alert.sender} (${evidence.class_reason}). Opened
      ${timeOf(alert.opened_at)}.
    </p>
    ${counts(
      'Source IP',
      evidence.sources.map((each) => [each.ip, each.messages, each.failed]),
    )}
    ${counts(
      'Reporter',
      evidence.reporters.map((each) => [each.name, each.messages, each.failed]),
    )}
    <h2>Authentication of failing messages</h2>
    ${auth(evidence.auth.after)}
    <h2>Authentication of passing messages before</h2>
    ${auth(evidence.auth.before)}
    <p>
      <a href="/?domain=${encodeURIComponent(alert.domain)}">${alert.domain}</a> ·
      <a href="/api/v1/alerts/${encodeURIComponent(alert.alert_id)}">JSON</a> · <a href="/">All domains</a>
    </p>`;
  return document(`ruawatch: ${alert.domain}`, content);
}

function counts(name: string, rows: readonly (readonly [string, number, number])[]): Markup {
  return html`<table>
    <tr>
      <th>${name}</th>
      <th class="n">Messages</th>
      <th class="n">Failed</th>
    </tr>
    ${rows.map(
      ([label, messages, failed]) =>
        html`<tr>
          <td>${label}</td>
          <td class="n">${messages}</td>
          <td class="n">${failed}</td>
        </tr> `,
    )}
  </table>`;
}

function auth({ dkim, spf }: AuthCounts): Markup {
  if (dkim.length + spf.length === 0) return html`<p class="soft">None seen.</p>`;
  return html`<ul>
    ${dkim.map((each) => html`<li>DKIM ${each.result}: d=${each.domain} s=${each.selector}, ${each.messages} messages</li>`)}
    ${spf.map((each) => html`<li>SPF ${each.result}: ${each.domain}, ${each.messages} messages</li>`)}
  </ul>`;
}
