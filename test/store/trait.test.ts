import { describe, expect, test } from 'vitest';
import { traitOf } from '../../src/store/writing/trait.js';

type Record = Parameters<typeof traitOf>[0];
type Result = readonly [domain: string, result: string];

function record(
  verdict: 'both' | 'dkim' | 'spf' | 'fail',
  dkim: readonly Result[],
  spf: readonly Result[],
  more: { readonly from?: string | null; readonly reasons?: Record['reasons'] } = {},
): Record {
  return {
    dkim: verdict === 'both' || verdict === 'dkim' ? 'pass' : 'fail',
    spf: verdict === 'both' || verdict === 'spf' ? 'pass' : 'fail',
    headerFrom: more.from === undefined ? 'example.org' : more.from,
    reasons: more.reasons ?? [],
    auth: {
      dkim: dkim.map(([domain, result]) => ({ domain, result, selector: 's1', humanResult: null })),
      spf: spf.map(([domain, result]) => ({ domain, result, scope: null, humanResult: null })),
    },
  };
}

describe('passing messages', () => {
  test.each([
    ['both legs pass', record('both', [['example.org', 'pass']], [['example.org', 'pass']]), 'direct'],
    ['SPF alone passes', record('spf', [], [['example.org', 'pass']]), 'direct'],
    ['SPF failed for us', record('dkim', [['example.org', 'pass']], [['mail.example.org', 'softfail']]), 'relayed'],
    ['SPF passes for one that signed nothing', record('dkim', [['example.org', 'pass']], [['srs.example', 'pass']]), 'relayed'],
    [
      'SPF passes for one that signed too',
      record('dkim', [['example.org', 'pass'], ['mailer.example', 'pass']], [['bounce.mailer.example', 'pass']]),
      'direct',
    ],
    ['SPF failed for another', record('dkim', [['example.org', 'pass']], [['other.example', 'fail']]), 'direct'],
    ['SPF had a DNS error', record('dkim', [['example.org', 'pass']], [['example.org', 'temperror']]), 'direct'],
    ['there is no SPF result', record('dkim', [['example.org', 'pass']], []), 'direct'],
  ] as const)('%s', (_, facts, trait) => expect(traitOf(facts, 'example.org')).toBe(trait)); // prettier-ignore
});

describe('failing messages', () => {
  const signed = record('fail', [['news.EXAMPLE.org', 'fail']], [['srs.example', 'pass']]);
  test.each([
    ['an aligned signature does not verify', signed, 'signed'],
    ['a key is missing', record('fail', [['example.org', 'permerror']], []), 'signed'],
    ['DKIM passes for another', record('fail', [['mailer.example', 'pass']], [['example.org', 'fail']]), 'elsewhere'],
    ['SPF passes for another', record('fail', [], [['mailer.example', 'pass']]), 'elsewhere'],
    ['it passes for us where strict alignment is asked', record('fail', [], [['mail.example.org', 'pass']]), 'elsewhere'],
    ['there are only DNS errors', record('fail', [['example.org', 'temperror']], [['example.org', 'temperror']]), 'error'],
    ['nothing was signed and SPF had a DNS error', record('fail', [['', 'none']], [['example.org', 'temperror']]), 'error'],
    ['there are no results', record('fail', [], []), 'error'],
    ['nothing passes', record('fail', [], [['example.org', 'softfail']]), 'nothing'],
    ['SPF has no record', record('fail', [['mailer.example', 'fail']], [['example.org', 'none']]), 'nothing'],
  ] as const)('%s', (_, facts, trait) => expect(traitOf(facts, 'example.org')).toBe(trait)); // prettier-ignore

  test.each(['forwarded', 'mailing_list', 'trusted_forwarder'])('the reporter says %s', (type) => {
    const facts = { ...signed, reasons: [{ type, comment: null }] };
    expect(traitOf(facts, 'example.org')).toBe('forwarded');
  });

  test('local_policy is forwarding only with arc=pass', () => {
    const because = (comment: string | null) => ({ ...signed, reasons: [{ type: 'local_policy', comment }] });
    expect(traitOf(because('ARC=Pass as.1.mx.example'), 'example.org')).toBe('forwarded');
    expect(traitOf(because('arc=fail'), 'example.org')).toBe('signed');
    expect(traitOf(because(null), 'example.org')).toBe('signed');
  });
});

test('a row without header_from is ours by its policy domain', () => {
  const facts = record('fail', [['example.org', 'fail']], [['srs.example', 'pass']], { from: null });
  expect(traitOf(facts, 'example.org')).toBe('signed');
  expect(traitOf(facts, 'example.net')).toBe('elsewhere');
  expect(traitOf(facts, null)).toBe('elsewhere');
});
