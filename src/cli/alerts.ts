import { instantOf, systemClock } from '../base/clock.js';
import { Failure, messageOf } from '../base/failure.js';
import { plainText } from '../base/text.js';
import type { Config } from '../config/config.js';
import type { Evidence } from '../model/finding.js';
import type { ActionResult, AlertAction } from '../model/telling.js';
import { lockStore, openAlertActions, openStoreReader, openWriter } from '../store/store.js';
import type { StoredAlert, StoreLock } from '../store/store.js';
import type { CommandContext } from './context.js';
import { openOutput } from './output.js';

export interface AlertOptions {
  readonly json?: boolean;
  /** List resolved ones too. */
  readonly all?: boolean;
  readonly until?: string;
}

type Settings = Pick<Config, 'db' | 'listen' | 'api_token'>;

const pageRows = 500;

/** `ruawatch alerts list`: gravest first. Resolves with the exit code. */
export async function listAlerts(
  { db }: Settings,
  options: AlertOptions,
  { out, err }: CommandContext,
): Promise<number> {
  const reader = openStoreReader(db);
  const output = openOutput(out);
  const status = options.all ? null : 'open';
  const choice = { from: 0, to: Number.MAX_SAFE_INTEGER, status, domains: null } as const;
  try {
    let after = null;
    let isEmpty = true;
    do {
      const { rows, next }: Awaited<ReturnType<typeof reader.alerts>> = await reader.alerts(choice, {
        limit: pageRows,
        after,
      });
      isEmpty &&= rows.length === 0;
      for (const row of rows) {
        output.write(options.json ? `${JSON.stringify(asJson(row))}\n` : asLine(row));
        await output.drained();
      }
      after = next;
    } while (after !== null);
    if (isEmpty && !options.json) err.write(options.all ? 'there is no alert\n' : 'no alert is open\n');
  } finally {
    reader.close();
  }
  return 0;
}

/** `ruawatch alerts show ID`. */
export async function showAlert(settings: Settings, id: string, options: AlertOptions, context: CommandContext) {
  const alert = await alertOf(settings.db, id);
  context.out.write(options.json ? `${JSON.stringify(asJson(alert))}\n` : asText(alert));
  return 0;
}

/** `ruawatch alerts ack|ignore|resolve ID`: into the store, or through the API of the service that holds it. */
export async function changeAlert(
  settings: Settings,
  { id, kind }: { readonly id: string; readonly kind: AlertAction['kind'] },
  options: AlertOptions,
  context: CommandContext,
): Promise<number> {
  const action = actionOf(kind, options);
  await alertOf(settings.db, id);
  const lock = lockOrNot(settings.db);
  const result =
    'release' in lock ? withStore(settings.db, lock, id, action) : await throughApi(settings, lock, id, action);
  if (result === 'gone') throw noSuch(id);
  if (result === 'over') throw new Failure(`the alert ${plainText(id, 100)} is resolved already`);
  return showAlert(settings, id, options, context);
}

function actionOf(kind: AlertAction['kind'], { until }: AlertOptions): AlertAction {
  if (kind !== 'ignore') return { kind };
  const seconds = until === undefined ? null : instantOf(until);
  if (seconds !== null && seconds * 1000 > systemClock.now()) return { kind, until: seconds };
  const hint = 'write a day or time to come: YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ, in UTC';
  throw new Failure(`--until ${plainText(until ?? '', 40)} is no day or time to come`, { hint, exitCode: 2 });
}

async function alertOf(db: string, id: string): Promise<StoredAlert> {
  const reader = openStoreReader(db);
  try {
    const alert = await reader.alert(id);
    if (alert === null) throw noSuch(id);
    return alert;
  } finally {
    reader.close();
  }
}

function noSuch(id: string): Failure {
  return new Failure(`there is no alert ${plainText(id, 100)}`, { hint: '`ruawatch alerts list --all` lists them' });
}

/** The lock, or the Failure that says who has it. */
function lockOrNot(db: string): StoreLock | Failure {
  try {
    return lockStore(db, 'ruawatch alerts');
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function withStore(path: string, lock: StoreLock, id: string, action: AlertAction): ActionResult {
  try {
    const db = openWriter(path);
    try {
      return openAlertActions(db)(id, action, Math.floor(systemClock.now() / 1000));
    } finally {
      db.close();
    }
  } finally {
    lock.release();
  }
}

const apiMs = 15_000;

async function throughApi(
  { listen, api_token: token }: Settings,
  held: Failure,
  id: string,
  action: AlertAction,
): Promise<ActionResult> {
  if (token === null) {
    throw new Failure(held.message, {
      hint: 'set api_token for the service and this command (or for this command a token with the scope admin), or stop the service first',
    });
  }
  const until = action.kind === 'ignore' ? `?until=${new Date(action.until * 1000).toISOString().slice(0, 19)}Z` : '';
  const url = `http://${reachable(listen)}/api/v1/alerts/${encodeURIComponent(id)}/${action.kind}${until}`;
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    redirect: 'error',
    signal: AbortSignal.timeout(apiMs),
  }).catch((error: unknown) => {
    throw new Failure(`${held.message}; its API at ${listen} does not answer: ${messageOf(error)}`, {
      hint: held.hint,
    });
  });
  await answer.body?.cancel();
  if (answer.ok) return 'done';
  if (answer.status === 404) return 'gone';
  if (answer.status === 409) return 'over';
  const hint =
    'check that api_token is the one of the running service, or a token with the scope admin; its log says more';
  throw new Failure(`the service at ${listen} refused: ${answer.status}`, { hint });
}

/** An address to connect to, for one that is listened on. */
function reachable(listen: string): string {
  return listen.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
}

function asJson(alert: StoredAlert) {
  return {
    ...alert,
    first_day: isoTime(alert.first_day),
    last_day: isoTime(alert.last_day),
    opened_at: isoTime(alert.opened_at),
    updated_at: isoTime(alert.updated_at),
    resolved_at: maybe(alert.resolved_at),
    told_at: maybe(alert.told_at),
    acked_at: maybe(alert.acked_at),
    ignored_until: maybe(ignoredUntil(alert)),
  };
}

function asLine(alert: StoredAlert): string {
  return `${alert.alert_id}  ${alert.severity}  ${stateOf(alert)}  ${plainText(alert.summary, 1_000)}\n`;
}

function asText(alert: StoredAlert): string {
  const evidence = alert.evidence as Evidence;
  return [
    `${alert.alert_id}  ${alert.severity}  ${alert.rule}  ${stateOf(alert)}`,
    plainText(alert.summary, 1_000),
    plainText(evidence.why, 1_000),
    ...evidence.next_steps.map((step, i) => `${i + 1}. ${plainText(step, 1_000)}`),
    '',
  ].join('\n');
}

function stateOf(alert: StoredAlert): string {
  const until = ignoredUntil(alert);
  const { status, resolution, acked_at: acked } = alert;
  return [
    status === 'open'
      ? `open since ${isoTime(alert.opened_at)}`
      : `resolved (${(resolution ?? '').replaceAll('_', ' ')})`,
    ...(acked === null ? [] : [`acknowledged ${isoTime(acked)}`]),
    ...(until === null ? [] : [`ignored until ${isoTime(until)}`]),
  ].join(', ');
}

function ignoredUntil({ ignored_until: until }: StoredAlert): number | null {
  return until !== null && until * 1000 > systemClock.now() ? until : null;
}

function maybe(seconds: number | null): string | null {
  return seconds === null ? null : isoTime(seconds);
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
