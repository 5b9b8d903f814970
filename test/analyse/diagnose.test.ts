import { describe, expect, test } from 'vitest';
import { classOf, diagnose } from '../../src/analyse/diagnose.js';
import { network, ourOrganisations, senderOf } from '../../src/analyse/sender.js';
import type { AuthSet, RecordDetail } from '../../src/model/history.js';

type Dkim = readonly [domain: string, selector: string, result: string];
type Spf = readonly [domain: string, result: string];

function set(dkim: readonly Dkim[], spf: readonly Spf[], messages = 1): AuthSet {
  return {
    messages,
    dkim: dkim.map(([domain, selector, result]) => ({ domain, selector, result })),
    spf: spf.map(([domain, result]) => ({ domain, result })),
  };
}

const detail: RecordDetail = {
  reporters: [{ name: 'google.com', messages: 10, failed: 10 }],
  reporterCount: 1,
  failingReporters: 1,
  disposition: { none: 0, quarantine: 0, reject: 10, pass: 0, other: 0 },
  headerFrom: [],
  reasons: [],
  failed: 10,
  forwarded: 0,
};

function causeWith(failing: AuthSet, passing: readonly AuthSet[] = [], more: Partial<RecordDetail> = {}) {
  return diagnose({
    domain: 'example.com',
    sender: 'mailer.test',
    failing: [failing],
    passing,
    detail: { ...detail, ...more },
  });
}

const signedBefore = set([['example.com', 's1', 'pass']], [['bounce.mailer.test', 'pass']]);
const spfBefore = set([], [['example.com', 'pass']]);

describe('diagnose', () => {
  test.each([
    ['both_unaligned', set([['mailer.test', 'k', 'pass']], [['mailer.test', 'pass']]), []],
    ['spf_unaligned', set([['mailer.test', 'k', 'fail']], [['mailer.test', 'pass']]), []],
    ['dkim_unaligned', set([['mailer.test', 'k', 'pass']], [['example.com', 'fail']]), []],
    ['signature_missing', set([['mailer.test', 'k', 'pass']], [['mailer.test', 'pass']]), [signedBefore]],
    ['signature_fails', set([['example.com', 's1', 'fail']], [['mailer.test', 'pass']]), [signedBefore]],
    ['signature_fails', set([['example.com', 's1', 'fail']], [['example.com', 'softfail']]), []],
    ['spf_fails', set([], [['example.com', 'softfail']]), [spfBefore]],
    ['error', set([['example.com', 's1', 'temperror']], [['example.com', 'temperror']]), []],
    ['error', set([['example.com', 's1', 'temperror']], [['mailer.test', 'pass']]), [signedBefore]],
    ['nothing', set([], [['example.com', 'fail']]), []],
    ['unknown', set([], []), []],
  ] as const)('says %s', (cause, failing, passing) => {
    const diagnosis = causeWith(failing, passing);
    expect(diagnosis.cause).toBe(cause);
    expect(diagnosis.why).not.toBe('');
    expect(diagnosis.nextSteps.length).toBeGreaterThan(0);
  });

  test('names the selector that fails, and the one reporter that sees it', () => {
    const failing = set([['mail.example.com', 's7', 'fail']], []);
    expect(causeWith(failing, [signedBefore]).why).toBe(
      'The DKIM signature s7._domainkey.mail.example.com is there but does not verify.',
    );
    const reporters = [
      { name: 'Yahoo', messages: 5, failed: 5 },
      { name: 'google.com', messages: 9, failed: 0 },
    ];
    expect(causeWith(failing, [signedBefore], { reporters, reporterCount: 2 }).why).toBe(
      'The DKIM signature s7._domainkey.mail.example.com is there but does not verify at Yahoo only.',
    );
  });

  test('names the signature that is missing', () => {
    expect(causeWith(set([], []), [signedBefore]).why).toBe(
      'The DKIM signature s1._domainkey.example.com that this mail used to carry is missing.',
    );
  });

  test('points at strict alignment when it is our own sub-domain that passes', () => {
    const steps = causeWith(set([['news.example.com', 's', 'pass']], [])).nextSteps;
    expect(steps[0]).toBe(
      'The domain that passes is yours: look whether adkim=s or aspf=s in _dmarc.example.com is meant.',
    );
  });

  test('believes in forwarding only when it explains every failing message', () => {
    const failing = set([['example.com', 's1', 'fail']], [['list.test', 'pass']]);
    expect(causeWith(failing, [], { forwarded: 10 }).cause).toBe('forwarded');
    expect(causeWith(failing, [], { forwarded: 9 }).cause).toBe('spf_unaligned');
  });

  test('follows the cause of most messages', () => {
    const diagnosis = diagnose({
      domain: 'example.com',
      sender: 'mailer.test',
      failing: [
        set([], [['example.com', 'fail']], 4),
        set([['x.test', 'k', 'pass']], [], 3),
        set([['y.test', 'k', 'pass']], [], 2),
      ],
      passing: [],
      detail,
    });
    expect(diagnosis.cause).toBe('dkim_unaligned');
  });

  test('prints hostile names harmlessly', () => {
    const { why } = causeWith(set([['evil.test\u0007\n', 'k', 'pass']], []));
    expect(why).toContain('valid but made for evil.test?,');
  });
});

test('classOf tells strangers that authenticate from those that do not', () => {
  expect(classOf('spf_unaligned', [set([], [['mailer.test', 'pass']])]).class).toBe('third_party');
  expect(classOf('nothing', [set([], [['example.com', 'fail']])]).class).toBe('unauthenticated');
  expect(classOf('error', [set([], [['example.com', 'temperror']])]).class).toBe('unknown');
  expect(classOf('forwarded', []).class).toBe('forwarder');
});

describe('senderOf', () => {
  const ours = ourOrganisations('news.example.com', ['example.org']);

  test('prefers who signs, by organisational domain, to whose bounces', () => {
    const sets = [set([['a.mailer.co.uk', 'k', 'pass']], [['bounce.other.test', 'pass']])];
    expect(senderOf([sets], '198.51.100.7', ours)).toBe('mailer.co.uk');
  });

  test('does not take our own domains or failed results for a sender', () => {
    const sets = [
      set(
        [
          ['example.com', 'k', 'pass'],
          ['x.example.org', 'k', 'pass'],
          ['evil.test', 'k', 'fail'],
        ],
        [],
      ),
    ];
    expect(senderOf([sets], '198.51.100.7', ours)).toBe('198.51.100.0/24');
  });

  test('looks at what passed before when nothing passes now', () => {
    const before = [set([], [['bounce.mailer.test', 'pass']])];
    expect(senderOf([[set([], [])], before], '198.51.100.7', ours)).toBe('mailer.test');
  });

  test('takes the one with the most messages, by name when equal', () => {
    const sets = [
      set([['b.test', 'k', 'pass']], [], 2),
      set([['a.test', 'k', 'pass']], [], 2),
      set([['c.test', 'k', 'pass']], [], 1),
    ];
    expect(senderOf([sets], '198.51.100.7', ours)).toBe('a.test');
  });
});

test('network is the /24 or the /64', () => {
  expect(network('198.51.100.7')).toBe('198.51.100.0/24');
  expect(network('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
  expect(network('nonsense')).toBe('nonsense');
});
