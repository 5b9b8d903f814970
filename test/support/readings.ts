import { createHash } from 'node:crypto';
import { passes } from '../../src/model/report.js';
import type { Reading, ReportHeader, ReportRecord } from '../../src/model/report.js';

/** A day in 2026, Unix seconds at midnight UTC. */
export function day(month: number, date: number): number {
  return Date.UTC(2026, month - 1, date) / 1000;
}

export function aRecord(over: Partial<ReportRecord> = {}): ReportRecord {
  return {
    sourceIp: '198.51.100.7',
    count: 10,
    disposition: 'none',
    dkim: 'pass',
    spf: 'pass',
    reasons: [],
    headerFrom: 'example.org',
    envelopeFrom: null,
    envelopeTo: null,
    auth: {
      dkim: [{ domain: 'example.org', selector: 's1', result: 'pass', humanResult: null }],
      spf: [{ domain: 'example.org', scope: 'mfrom', result: 'pass', humanResult: null }],
    },
    ...over,
  };
}

export function aHeader(over: Partial<ReportHeader> = {}): ReportHeader {
  return {
    orgName: 'google.com',
    email: 'noreply@google.example',
    extraContactInfo: null,
    reportId: '1234',
    begin: day(9, 1),
    end: day(9, 2) - 1,
    generator: null,
    errors: [],
    policy: {
      domain: 'example.org',
      adkim: 'r',
      aspf: 'r',
      p: 'none',
      sp: null,
      np: null,
      pct: 100,
      fo: null,
      testing: null,
      discoveryMethod: null,
    },
    ...over,
  };
}

/** A reading of these records; its digest follows from its content and `file`. */
export function aReading(
  records: readonly ReportRecord[],
  header: ReportHeader = aHeader(),
  over: Partial<Reading> & { file?: string } = {},
): Reading {
  const { file = '', ...rest } = over;
  const sum = (kept: readonly ReportRecord[]) => kept.reduce((total, record) => total + record.count, 0);
  return {
    outcome: 'report',
    reason: '',
    generation: 'rfc7489',
    namespace: null,
    header,
    totals: {
      records: records.length,
      messages: sum(records),
      dkimPass: sum(records.filter((each) => each.dkim === 'pass')),
      spfPass: sum(records.filter((each) => each.spf === 'pass')),
      pass: sum(records.filter(passes)),
    },
    problems: [],
    digest: createHash('sha256')
      .update(JSON.stringify([records, header, file]))
      .digest('hex'),
    bytes: 1000,
    ...rest,
  };
}
