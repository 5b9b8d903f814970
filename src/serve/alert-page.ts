import type { AuthCounts, Evidence } from '../model/finding.js';
import type { StoredAlert } from '../store/store.js';
import { document } from './document.js';
import { counted, dayOf, daysOf, figure, minuteOf } from './figures.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';
import { ignoredUntil } from './reply.js';

/** One alert for people: what happened, since when, why, what to do, and the evidence. `names`: PTR names by source IP; `now`: Unix seconds. */
export function alertPage(alert: StoredAlert, names: ReadonlyMap<string, string>, now: number): string {
  const evidence = alert.evidence as Evidence;
  const content = html`<div class="alert ${alert.severity}">
      <strong>${alert.summary}</strong><br />
      <span class="soft"
        >${alert.severity}, ${state(alert)}, opened ${minuteOf(alert.opened_at)}${marks(alert, now)}</span
      >
    </div>
    <p>${evidence.why}</p>
    <h2>What to do</h2>
    <ol>
      ${evidence.next_steps.map((step) => html`<li>${step}</li>`)}
    </ol>
    <h2>Evidence</h2>
    ${evidence.about === undefined ? ofSender(alert, evidence, names) : html`<p>${aboutOf(alert, evidence)}</p>`}
    <p>
      ${alert.domain === '' ? null : html`<a href="../?domain=${encodeURIComponent(alert.domain)}">${alert.domain}</a> · `}
      <a href="../api/v1/alerts/${encodeURIComponent(alert.alert_id)}">JSON</a> · <a href="../">All domains</a>
    </p>`;
  return document(`ruawatch: ${alert.domain === '' ? 'the service' : alert.domain}`, content);
}

/** What a rule about a domain or the service rests on. */
function aboutOf({ sender }: StoredAlert, evidence: Evidence): string {
  const { window } = evidence;
  const days = window.messages > 0 ? windowOf(evidence) : `${daysOf(window.from, window.to)}.`;
  return sender === '' ? days : `${days} About ${sender}.`;
}

function ofSender(alert: StoredAlert, evidence: Evidence, names: ReadonlyMap<string, string>): Markup {
  return html`<p>${windowOf(evidence)} ${senderOf(alert.sender, evidence)}</p>
    ${counts(
      'Source IP',
      evidence.sources.map((each) => [labelOf(each.ip, names), each.messages, each.failed]),
      evidence.source_count,
    )}
    ${counts(
      'Reporter',
      evidence.reporters.map((each) => [each.name, each.messages, each.failed]),
      evidence.reporter_count,
    )}
    <h2>Authentication of messages that failed DMARC</h2>
    ${auth(evidence.auth.after)}
    <h2>Authentication of messages that passed DMARC before</h2>
    ${auth(evidence.auth.before)}`;
}

/** What people said of it. `now` is Unix seconds. */
export function marks(alert: StoredAlert, now: number): string {
  const until = ignoredUntil(alert, now);
  const acked = alert.acked_at === null ? '' : `, acknowledged ${minuteOf(alert.acked_at)}`;
  return until === null ? acked : `${acked}, ignored until ${minuteOf(until)}`;
}

function state({ status, resolution, first_day, last_day, evidence }: StoredAlert): string {
  const { about } = evidence as Evidence;
  if (status === 'open') return `open, ${about === undefined ? 'failing ' : ''}since ${dayOf(first_day)}`;
  const why = resolution === null ? '' : ` (${resolution.replaceAll('_', ' ')})`;
  if (about !== undefined) return `resolved${why}`;
  return `resolved${why}, failed ${daysOf(dayOf(first_day), dayOf(last_day))}`;
}

function senderOf(sender: string, { title, class: judged, class_reason: reason }: Evidence): string {
  const name = title === sender ? sender : `${title} (${sender})`;
  return `Sender ${name}, class ${judged}: ${reason}.`;
}

function labelOf(ip: string, names: ReadonlyMap<string, string>): string {
  const name = names.get(ip);
  return name === undefined ? ip : `${ip} (${name})`;
}

function windowOf({ window, baseline }: Evidence): string {
  const now = `${daysOf(window.from, window.to)}: ${figure(window.failed)} of ${counted(window.messages, 'message')} failed.`;
  if (baseline.days === 0) return now;
  return `${now} The ${counted(baseline.days, 'day')} before: ${figure(baseline.failed)} of ${figure(baseline.messages)}.`;
}

/** `all` is how many there are, of which `rows` are the busiest. */
function counts(name: string, rows: readonly (readonly [string, number, number])[], all: number): Markup | null {
  if (rows.length === 0) return null;
  return html`<table class="even">
      <tr>
        <th>${name}</th>
        <th class="n">Messages</th>
        <th class="n">Failed</th>
      </tr>
      ${rows.map(
        ([label, messages, failed]) =>
          html`<tr>
            <td>${label}</td>
            <td class="n">${figure(messages)}</td>
            <td class="n">${figure(failed)}</td>
          </tr> `,
      )}
    </table>
    ${all > rows.length ? html`<p class="soft">The first ${figure(rows.length)} of ${figure(all)}.</p>` : null}`;
}

function auth({ dkim, spf }: AuthCounts): Markup {
  if (dkim.length + spf.length === 0) return html`<p class="soft">None seen.</p>`;
  return html`<ul>
    ${dkim.map(({ result, domain, selector, messages }) => html`<li>DKIM ${result}: ${domain === '' ? 'no domain' : `d=${domain}`}${selector === '' ? ', no selector' : ` s=${selector}`}, ${counted(messages, 'message')}</li>`)}
    ${spf.map(({ result, domain, messages }) => html`<li>SPF ${result}: ${domain === '' ? 'no domain' : domain}, ${counted(messages, 'message')}</li>`)}
  </ul>`;
}
