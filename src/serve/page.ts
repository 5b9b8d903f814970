import type { DomainRow } from '../model/api.js';
import type { MailboxState } from '../observe/observe.js';
import type { StoredAlert } from '../store/store.js';
import { presentDomain } from './api/domains.js';
import { completeThrough } from './complete.js';
import { document } from './document.js';
import { domainTable } from './domain-table.js';
import type { ServeContext } from './endpoint.js';
import { figure } from './figures.js';
import { isRead, mailboxLines } from './mailbox-lines.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';
import { graveAlerts, graveByDomain, notedAlerts } from './open-alerts.js';
import { scopeOf } from './query.js';

const shownDomains = 200;
const shownAlerts = 500;

interface PageFacts {
  readonly version: string;
  readonly domains: readonly DomainRow[];
  readonly moreDomains: boolean;
  readonly alerts: readonly StoredAlert[];
  readonly moreAlerts: boolean;
  readonly complete: string | null;
  readonly mailboxes: readonly MailboxState[];
  /** Policy domains asked for that no report and no configuration names. */
  readonly unheardOf: readonly string[];
}

/** The overview for people: mailboxes, open alerts and domains of the last 30 days, without a script; of one policy domain when it is named. */
export async function overviewPage(context: ServeContext, domain: string | null): Promise<string> {
  const { reader, config, clock, version, health } = context;
  const scope = scopeOf(domain === null ? {} : { domain }, clock);
  const found = await reader.domains(scope, { limit: shownDomains, after: null }, config.domains);
  const choice = { from: 0, to: scope.to, status: 'open' as const, domains: scope.domains };
  const alerts = await reader.alerts(choice, { limit: shownAlerts, after: null });
  const named = new Set(found.rows.map((each) => each.domain));
  const facts: PageFacts = {
    version,
    domains: found.rows.map(presentDomain),
    moreDomains: found.next !== null,
    alerts: alerts.rows,
    moreAlerts: alerts.next !== null,
    complete: await completeThrough(context, scope.domains),
    mailboxes: health.mailboxes(),
    unheardOf: found.next === null ? (scope.domains ?? []).filter((name) => !named.has(name)) : [],
  };
  return document(scope.domains === null ? 'ruawatch' : `ruawatch: ${scope.domains.join(', ')}`, body(facts));
}

function body(facts: PageFacts): Markup {
  const mailboxes = mailboxLines(facts.mailboxes);
  const isWell = facts.mailboxes.every(isRead);
  return html`<p class="soft">
      Last 30 event days (UTC).
      ${facts.complete === null ? 'No report yet.' : `Data complete through ${facts.complete}.`}
    </p>
    ${isWell ? null : mailboxes} ${needsYou(facts)}
    ${facts.moreAlerts ? html`<p class="soft">Only the ${figure(shownAlerts)} gravest are shown and counted here; <a href="api/v1/alerts?status=open">/api/v1/alerts</a> has all.</p>` : null}
    <h2>Domains</h2>
    ${facts.unheardOf.map((name) => html`<p>There is no report for ${name}.</p>`)} ${domains(facts)}
    ${isWell ? mailboxes : null}
    <h2>More</h2>
    <p>
      <a href="./">All domains</a> · <a href="api/docs/">API</a> · <a href="metrics">Metrics</a> ·
      <a href="readyz">Readiness</a> · Grafana: three dashboards are in the folder grafana of this program.
    </p>
    <p class="soft">ruawatch ${facts.version}</p>`;
}

/** What is critical or a warning, and below it, folded, what is only noted. */
function needsYou(facts: PageFacts): Markup {
  const grave = graveAlerts(facts.alerts);
  return html`<h2>Needs you</h2>
    ${grave.length === 0 ? noAlert(facts) : grave} ${notedAlerts(facts.alerts)}`;
}

/** Green only when everything was read and held something. */
function noAlert({ mailboxes, complete, unheardOf }: PageFacts): Markup {
  const waiting = mailboxes.filter(({ lastSuccessAt }) => lastSuccessAt === null).map(({ name }) => name);
  if (waiting.length === 0) return html`<p class="${complete === null ? 'soft' : 'ok'}">None.</p>`;
  if (complete === null && unheardOf.length === 0) return html`<p class="soft">Nothing read yet.</p>`;
  return html`<p class="soft">None so far; not read since the start: ${waiting.join(', ')}.</p>`;
}

function domains({ domains, moreDomains, alerts, unheardOf }: PageFacts): Markup | null {
  if (domains.length === 0) return unheardOf.length > 0 ? null : html`<p class="soft">No report has been read yet.</p>`;
  return html`${domainTable(domains, graveByDomain(alerts))}
  ${moreDomains ? html`<p class="soft">The ${figure(shownDomains)} busiest are shown; <a href="api/v1/domains">/api/v1/domains</a> has all.</p>` : null}`;
}
