import { describe, expect, test } from 'vitest';
import type { AlertData, DigestData } from '../../src/model/alert.js';
import type { Evidence, Finding } from '../../src/model/finding.js';
import { composeDigest } from '../../src/notify/digest.js';
import { bodyOf, composeAlert, composeProblem, composeTest, fits } from '../../src/notify/payload.js';
import { isValid } from '../watch/world.js';

const now = Date.UTC(2026, 8, 2, 6, 14, 9) / 1000;
const head = { now, publicUrl: 'https://rua.example.org' };
const range = { from: '2026-09-01', to: '2026-09-01', messages: 212, failed: 198 };

function finding(n: number, more: Partial<Finding> = {}, evidence: Partial<Evidence> = {}): Finding {
  return {
    publicId: `al_${String(n).padStart(4, '0')}`,
    fingerprint: n.toString(16).padStart(64, '0'),
    rule: 'new_failing_source',
    severity: 'info',
    status: 'open',
    domainId: 1,
    domain: 'example.com',
    sender: '198.51.100.0/24',
    sourceIds: [n],
    summary:
      'mail sent by 198.51.100.7 for example.com: 198 of 212 messages failed DMARC on 2026-09-01 (not seen before)',
    evidence: { ...plain, ...evidence },
    firstDay: now,
    lastDay: now,
    firstArrival: now - 3600,
    openedAt: now,
    updatedAt: now,
    resolvedAt: null,
    resolution: null,
    toldAt: null,
    toldBy: null,
    ...more,
  };
}

const plain: Evidence = {
  window: range,
  baseline: { days: 28, messages: 0, failed: 0 },
  p_value: null,
  latest: range,
  sources: [{ ip: '198.51.100.7', messages: 212, failed: 198, first_failed: '2026-09-01', known: false }],
  source_count: 1,
  reporters: [{ name: 'google.com', messages: 212, failed: 198 }],
  reporter_count: 1,
  disposition: { none: 3, quarantine: 0, reject: 195, pass: 0, other: 0 },
  auth: { before: { dkim: [], spf: [] }, after: { dkim: [], spf: [] } },
  reasons: [],
  header_from: [],
  class: 'unauthenticated',
  class_reason: 'neither DKIM nor SPF passes for any domain',
  why: 'Nothing authenticates this mail.',
  next_steps: ['Look whether it is yours.'],
  class_step: 7,
  handled: '',
  mechanism: 'dmarc',
  whole: true,
  title: 'example',
  route: 'digest',
  late: false,
  flapping: false,
  told_as: null,
  recovery: null,
};

/** As long as analyse lets every text become, four bytes a character. */
function hostile(): Evidence {
  const long = (length: number) => '\u{1d11e}'.repeat(length / 2);
  const ten = <T>(item: T) => Array.from({ length: 10 }, () => item);
  const auth = {
    dkim: ten({ domain: long(100), selector: long(64), result: long(20), messages: 1e9 }),
    spf: ten({ domain: long(100), result: long(20), messages: 1e9 }),
  };
  return {
    ...plain,
    sources: Array.from({ length: 20 }, (_, i) => ({
      ip: `2001:db8:1111:2222:3333:4444:5555:${i}`,
      messages: 1e9,
      failed: 1e9,
      first_failed: '2026-09-01',
      known: false,
    })),
    source_count: 1_000_000,
    reporters: ten({ name: long(80), messages: 1e9, failed: 1e9 }),
    auth: { before: auth, after: auth },
    reasons: ten({ type: long(40), comment: long(80), messages: 1e9 }),
    header_from: ten({ domain: long(100), messages: 1e9 }),
  };
}

function parsed<T>(body: string): { type: string; timestamp: string; data: T } {
  const value = JSON.parse(body) as { type: string; timestamp: string; data: T };
  expect(isValid(value), JSON.stringify(isValid.errors)).toBe(true);
  expect(Buffer.byteLength(body)).toBeLessThan(20_000);
  return value;
}

test('a body of 19,999 bytes fits a webhook, and one of 20,000 does not', () => {
  const sized = (bytes: number) => {
    const of = (n: number) =>
      composeProblem('msg_1', now, { part: 'p', name: 'n', summary: 's'.repeat(n), next_steps: [] });
    return of(bytes - Buffer.byteLength(bodyOf(of(0))));
  };
  expect(fits(sized(19_999))).toBe(true);
  expect(fits(sized(20_000))).toBe(false);
});

describe('composeAlert', () => {
  test('says who, what, since when, why and what to do', () => {
    const body = parsed<AlertData>(bodyOf(composeAlert('msg_1', finding(1), head)));
    expect(body).toMatchObject({
      type: 'dmarc.alert.opened',
      timestamp: '2026-09-02T06:14:09Z',
      data: {
        alert_id: 'al_0001',
        status: 'open',
        source: { group: '198.51.100.0/24', ips: ['198.51.100.7'], ip_count: 1 },
        window: range,
        disposition: { none: 3, quarantine: 0, reject: 195 },
        reporters: ['google.com'],
        first_report_arrived_at: '2026-09-02T05:14:09Z',
        next_steps: ['Look whether it is yours.'],
        links: {
          alert: 'https://rua.example.org/alerts/al_0001',
          dashboard: 'https://rua.example.org/?domain=example.com',
        },
      },
    });
  });

  test('is resolved when the finding is', () => {
    const body = parsed<AlertData>(
      bodyOf(composeAlert('msg_1', finding(1, { status: 'resolved', resolution: 'recovered' }), head)),
    );
    expect(body).toMatchObject({ type: 'dmarc.alert.resolved', data: { resolution: 'recovered' } });
  });

  test('shortens its lists until it fits', () => {
    const { data } = parsed<AlertData>(bodyOf(composeAlert('msg_1', finding(1, {}, hostile()), head)));
    expect(data.source).toMatchObject({ ip_count: 1_000_000 });
    expect(data.sources.length).toBeGreaterThan(0);
  });
});

test('a test message and a problem are valid', () => {
  const problem = { part: 'channel', name: 'ops', summary: 'It does not answer.', next_steps: ['Correct it.'] };
  expect(parsed(bodyOf(composeProblem('msg_1', now, problem))).type).toBe('dmarc.service.problem');
  expect(parsed(bodyOf(composeTest('msg_1', now))).type).toBe('dmarc.test');
});

describe('composeDigest', () => {
  test('lists twenty, the gravest first, and counts the rest', () => {
    const findings = Array.from({ length: 30 }, (_, i) => finding(i, i === 29 ? { severity: 'critical' } : {}));
    const { message, listed } = composeDigest('msg_1', { kind: 'daily', findings }, head);
    const { data } = parsed<DigestData>(bodyOf(message));
    expect(data).toMatchObject({
      kind: 'daily',
      counts: { alerts: 30, critical: 1, warning: 0, info: 29, resolved: 0 },
    });
    expect(data.alerts[0]).toMatchObject({ alert_id: 'al_0029', severity: 'critical' });
    expect(data.alerts.length).toBe(listed.length);
    expect(data.alerts.length + data.more).toBe(30);
    expect(data.alerts.length).toBeGreaterThanOrEqual(10);
  });

  test('lists what is equally grave by policy domain, whatever ids and order it comes with', () => {
    const domains = ['one.example', 'two.example', 'three.example', 'four.example'];
    const orderOf = (ids: readonly number[]) => {
      const findings = ids.map((id, i) => finding(i, { publicId: `al_${id}`, domain: domains[i] ?? '' }));
      const turned = ids[0] === 4 ? findings.toReversed() : findings;
      return composeDigest('msg_1', { kind: 'daily', findings: turned }, head).listed.map(({ domain }) => domain);
    };
    const sorted = ['four.example', 'one.example', 'three.example', 'two.example'];
    expect(orderOf([1, 2, 3, 4])).toEqual(sorted);
    expect(orderOf([4, 3, 2, 1])).toEqual(sorted);
  });

  test('of one finding is in the singular', () => {
    const { message } = composeDigest('msg_1', { kind: 'daily', findings: [finding(1)] }, head);
    expect(parsed<DigestData>(bodyOf(message)).data.summary).toBe('1 finding in the last day');
  });

  test('fits with hostile names and many domains', () => {
    const findings = Array.from({ length: 25 }, (_, i) =>
      finding(i, { domain: '\u{1d11e}'.repeat(126), sender: '\u{1d11e}'.repeat(126) }, hostile()),
    );
    const domains = Array.from({ length: 500 }, () => ({ domain: '\u{1d11e}'.repeat(120), messages: 10, pass: 9 }));
    const { message } = composeDigest('msg_1', { kind: 'first_start', findings, domains }, head);
    parsed(bodyOf(message));
  });
});
