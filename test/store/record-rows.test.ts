import { afterEach, beforeEach, expect, it } from 'vitest';
import { Dictionary } from '../../src/store/writing/dictionary.js';
import { openWriter } from '../../src/store/database.js';
import type { Connection } from '../../src/store/database.js';
import { RecordRows } from '../../src/store/writing/record-rows.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { aRecord } from '../support/readings.js';

let folder: TempFiles;
let db: Connection;
let dictionary: Dictionary;
let rows: RecordRows;

beforeEach(async () => {
  folder = await tempFiles();
  db = openWriter(folder.at('test.db'));
  dictionary = new Dictionary(db);
  rows = new RecordRows(db, dictionary);
});

afterEach(async () => {
  db.close();
  await folder.remove();
});

const one = (sql: string) => db.prepare(sql).pluck().get();

/** Records `from` to `to` - 1: number n comes from 198.51.100.n with n messages; every third has a reason; four sets of results. */
function numbered(from: number, to: number) {
  return Array.from({ length: to - from }, (_, i) => {
    const n = from + i;
    const reasons = n % 3 === 0 ? [{ type: 'other', comment: `reason of ${n}` }] : [];
    const spf = [{ domain: `host${n % 4}.example`, scope: 'mfrom', result: 'pass', humanResult: null }];
    return aRecord({ sourceIp: `198.51.100.${n}`, count: n, reasons, auth: { dkim: [], spf } });
  });
}

it('keeps each row with its own source IP, results and reason, known or not, in the order of the report', () => {
  rows.insert(1, numbered(10, 31));
  rows.insert(2, numbered(1, 56));
  const stored = db
    .prepare(
      `SELECT ip, messages, a.domain, o.comment FROM records r JOIN sources s ON s.id = source_id
       JOIN auth_results a ON a.set_id = auth_set_id LEFT JOIN override_reasons o ON o.record_id = r.id
       WHERE report = 2 ORDER BY r.id`,
    )
    .all();
  const expected = Array.from({ length: 55 }, (_, i) => {
    const n = i + 1;
    const comment = n % 3 === 0 ? `reason of ${n}` : null;
    return { ip: `198.51.100.${n}`, messages: n, domain: `host${n % 4}.example`, comment };
  });
  expect(stored).toEqual(expected);
  expect(one('SELECT count(*) FROM sources')).toBe(55);
  expect(one('SELECT count(*) FROM auth_sets')).toBe(4);
});

it('writes names anew that a rollback took away', () => {
  db.exec('BEGIN');
  rows.insert(1, numbered(1, 51));
  db.exec('ROLLBACK');
  dictionary.forget();
  expect(one('SELECT count(*) FROM sources')).toBe(0);
  rows.insert(1, numbered(1, 51));
  const whole =
    'SELECT count(*) FROM records JOIN sources s ON s.id = source_id JOIN auth_sets a ON a.id = auth_set_id';
  expect(one(whole)).toBe(50);
});

it('keeps sets of results apart whose values only run together alike', () => {
  const dkim = (domain: string | null, selector: string | null) => ({
    dkim: [{ domain, selector, result: 'pass', humanResult: null }],
    spf: [],
  });
  const spf = { dkim: [], spf: [{ domain: 'ab', scope: 'c', result: 'pass', humanResult: null }] };
  const pairs = [['ab', 'c'], ['a', 'bc'], ['-', ''], ['', '-'], [null, ''], ['', null], ['1:a', 'b'], ['1', 'a1:b']] as const; // prettier-ignore
  const sets = [spf, ...pairs.map(([domain, selector]) => dkim(domain, selector))];
  for (const auth of sets) rows.insert(1, [aRecord({ auth }), aRecord({ auth })]);
  expect(one('SELECT count(*) FROM auth_sets')).toBe(9);
});

it('knows a set of results again that is too long to be remembered', () => {
  const humanResult = 'c'.repeat(1024);
  const auth = { dkim: [], spf: [{ domain: 'example.org', scope: 'mfrom', result: 'pass', humanResult }] };
  rows.insert(1, [aRecord({ auth }), aRecord({ auth, sourceIp: '198.51.100.9' })]);
  expect(one('SELECT count(*) FROM auth_sets')).toBe(1);
});
