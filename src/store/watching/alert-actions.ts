import type { ActionResult, AlertAction } from '../../model/telling.js';
import type { Connection } from '../database.js';
import { keptFindings } from './kept-findings.js';

const ackSql = `INSERT INTO tellings (finding_id, severity, failed, acked_at) SELECT id, severity, 0, @now FROM findings WHERE id = @id
  ON CONFLICT (finding_id) DO UPDATE SET acked_at = @now`;

/** What is judged already does not open it again; what is told of it later says that a person ended it. */
const resolveSql = `UPDATE findings SET status = 'resolved', resolution = 'manual', resolved_at = @now, updated_at = @now,
  told_at = coalesce(told_at, @now), told_by = coalesce(told_by, 'manual'),
  evidence = json_set(evidence, '$.recovery', json(json_extract(evidence, '$.latest'))) WHERE id = @id`;

/** What the operator does to alerts; each in a transaction of its own. `now` is Unix seconds. */
export function openAlertActions(db: Connection): (id: string, action: AlertAction, now: number) => ActionResult {
  const find = db.prepare<[string], { id: number; fingerprint: string; status: string }>(
    'SELECT id, fingerprint, status FROM findings WHERE public_id = ?',
  );
  const ack = db.prepare<[{ id: number; now: number }]>(ackSql);
  const ignore = db.prepare<[string, number]>(
    'INSERT INTO ignored VALUES (?, ?) ON CONFLICT (fingerprint) DO UPDATE SET until = excluded.until',
  );
  const resolve = db.prepare<[{ id: number; now: number }]>(resolveSql);
  const owe = db.prepare<[{ id: number; now: number }]>(
    `UPDATE tellings SET owed = 'resolved', owed_since = @now WHERE finding_id = @id`,
  );
  const kept = keptFindings(db);
  const act = db.transaction((publicId: string, action: AlertAction, now: number): ActionResult => {
    const finding = find.get(publicId);
    if (finding === undefined) return 'gone';
    if (action.kind !== 'ignore' && finding.status === 'resolved') return 'over';
    const at = { id: finding.id, now };
    if (action.kind === 'ack') ack.run(at);
    if (action.kind === 'ignore') ignore.run(finding.fingerprint, action.until);
    if (action.kind === 'resolve') {
      resolve.run(at);
      owe.run(at);
      kept.forget(finding.id);
    }
    return 'done';
  });
  return (id, action, now) => act.immediate(id, action, now);
}
