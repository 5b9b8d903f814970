import type { DomainRow } from '../model/api.js';
import type { StoredAlert } from '../store/store.js';
import { presentDomain } from './api/domains.js';
import { completeThrough } from './complete.js';
import type { ServeContext } from './endpoint.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';
import { scopeOf } from './query.js';
import { timeOf } from './reply.js';

const shown = 200;

interface PageFacts {
  readonly version: string;
  readonly domains: readonly DomainRow[];
  readonly moreDomains: boolean;
  readonly alerts: readonly StoredAlert[];
  readonly complete: string | null;
}

/** The overview for people: domains of the last 30 days and open alerts, without a script; of one policy domain when it is named. */
export async function overviewPage(context: ServeContext, domain: string | null): Promise<string> {
  const { reader, config, clock, version } = context;
  const scope = scopeOf(domain === null ? {} : { domain }, clock);
  const page = { limit: shown, after: null };
  const domains = await reader.domains(scope, page, config.domains);
  const alerts = await reader.alerts({ from: 0, to: scope.to, status: 'open', domains: scope.domains }, page);
  const complete = await completeThrough(context, scope.domains);
  const facts = { version, domains: domains.rows.map(presentDomain), moreDomains: domains.next !== null, complete };
  return document(domain === null ? 'ruawatch' : `ruawatch: ${domain}`, body({ ...facts, alerts: alerts.rows }));
}

const style: Markup = {
  html: `:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}
body{max-width:64rem;margin:2rem auto;padding:0 1rem}h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #8884;overflow-wrap:anywhere}
th{font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:#c62828}.ok{color:#2e7d32}.soft{opacity:.7}
.alert{border-left:4px solid #c62828;padding:.3rem .8rem;margin:.5rem 0}.info{border-color:#1565c0}.warning{border-color:#ef6c00}
@media(prefers-color-scheme:dark){.bad{color:#ef9a9a}.ok{color:#a5d6a7}}`,
};

/** A whole page. */
export function document(title: string, content: Markup): string {
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>${title}</title>
      <style>
        ${style}
      </style>
    </head>
    <body>
      <h1>${title}</h1>
      ${content}
    </body>
  </html>`;
  return `<!doctype html>\n${page.html}\n`;
}

function body(facts: PageFacts): Markup {
  return html`<p class="soft">
      Last 30 event days (UTC).
      ${facts.complete === null ? 'No report yet.' : `Data complete through ${facts.complete}.`}
    </p>
    <h2>Open alerts</h2>
    ${facts.alerts.length === 0 ? html`<p class="ok">None.</p>` : facts.alerts.map(alertBlock)}
    <h2>Domains</h2>
    ${domainTable(facts.domains)}
    ${facts.moreDomains ? html`<p class="soft">The ${shown} busiest are shown; /api/v1/domains has all.</p>` : null}
    <h2>More</h2>
    <p>
      <a href="/">All domains</a> · <a href="/api/docs">API</a> · <a href="/metrics">Metrics</a> ·
      <a href="/readyz">Readiness</a> · Grafana: the dashboard is in the folder grafana of this program.
    </p>
    <p class="soft">ruawatch ${facts.version}</p>`;
}

function alertBlock(alert: StoredAlert): Markup {
  return html`<div class="alert ${alert.severity}">
    <strong>${alert.domain}</strong>: ${alert.summary}<br />
    <span class="soft"
      >${alert.severity}, failing since ${timeOf(alert.first_day).slice(0, 10)}, opened ${timeOf(alert.opened_at)},
      <a href="/alerts/${encodeURIComponent(alert.alert_id)}">details</a></span
    >
  </div> `;
}

function domainTable(domains: readonly DomainRow[]): Markup {
  if (domains.length === 0) return html`<p class="soft">No report has been read yet.</p>`;
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
    ${domains.map(domainLine)}
  </table>`;
}

function domainLine(row: DomainRow): Markup {
  return html`<tr>
    <td><a href="/?domain=${encodeURIComponent(row.domain)}">${row.domain}</a></td>
    <td>${row.p ?? 'unknown'}</td>
    <td class="n">${row.messages}</td>
    <td class="n ${rateClass(row.pass_rate)}">${percent(row.pass_rate)}</td>
    <td class="n">${row.fail}</td>
    <td class="n">${row.sources}</td>
    <td class="n">${row.reporters}</td>
    <td>${row.last_day?.slice(0, 10) ?? 'none'}</td>
    <td class="n ${row.open_alerts > 0 ? 'bad' : ''}">${row.open_alerts}</td>
  </tr> `;
}

function rateClass(rate: number | null): string {
  if (rate === null) return 'soft';
  return rate < 0.9 ? 'bad' : rate >= 0.98 ? 'ok' : '';
}

/** Rounded down, so that 100 % means all. */
function percent(rate: number | null): string {
  return rate === null ? 'no mail' : `${(Math.floor(rate * 1000) / 10).toFixed(1)} %`;
}
