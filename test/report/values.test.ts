import { describe, expect, it } from 'vitest';
import { addressOf, domainOf, percentOf } from '../../src/report/fields.js';
import { namespaceOf } from '../../src/report/generation.js';
import { knownName, nameOf } from '../../src/report/names.js';
import type { Note } from '../../src/report/problems.js';
import { dateRangeOf, timeOf } from '../../src/report/times.js';
import { decodeWindows1252 } from '../../src/report/xml-text.js';
import { readAll } from '../support/report-line.js';

function noting<T>(read: (note: Note) => T): { readonly value: T; readonly codes: readonly string[] } {
  const codes: string[] = [];
  return { value: read((code) => codes.push(code)), codes };
}

const row = (verdict: string) =>
  `<feedback><policy_published><domain>example.org</domain></policy_published><record><row><source_ip>198.51.100.1</source_ip><count>1</count>` +
  `<policy_evaluated>${verdict}</policy_evaluated></row></record></feedback>`;

describe('a verdict', () => {
  it.each(['pass', ' pass\n', 'PASS', '<![CDATA[pass]]>', 'p&#97;ss'])('of %j is a pass', (word) => {
    expect(readAll([row(`<dkim>${word}</dkim>`)]).reading.totals.pass).toBe(1);
    expect(readAll([row(`<spf>${word}</spf>`)]).reading.totals.pass).toBe(1);
  });

  it.each([
    ...[
      'passed',
      'p ass',
      'pass.',
      '"pass"',
      'pa\u00adss',
      'pass\u200b',
      'paſs',
      'ｐass',
      'true',
      '1',
      'none',
      'neutral',
    ],
    ...['&amp;pass', 'pass&', 'pass<', '&pass;', 'pa&#0;ss', 'pa\u0001ss', 'pa&#1;ss', 'pass/fail', 'pass|fail'],
  ])('of %j is none, whatever is mended', (word) => {
    expect(readAll([row(`<dkim>${word}</dkim><spf>${word}</spf>`)]).reading.totals).toMatchObject({
      records: 1,
      pass: 0,
    });
  });
});

describe('times', () => {
  it.each([
    ['1704067200', 1704067200, []],
    ['0', 0, []],
    ['1704067200.999', 1704067200, ['time-form']],
    ['1704067200.0', 1704067200, []],
    ['1704067200000', 1704067200, ['time-form']],
    ['1704067200000000', 1704067200, ['time-form']],
    ['1704067200000000000', 1704067200, ['time-form']],
    ['2024-01-01', 1704067200, ['time-form']],
    ['2024-01-01T01:00:00+01:00', 1704067200, ['time-form']],
    ['2024-01-01 00:00:00', 1704067200, ['time-form']],
    ['2024-01-01T00:00', 1704067200, ['time-form']],
    ['2024-01-01T01:30:00.5+0130', 1704067200, ['time-form']],
    ['2023-12-31T19:00:00-05:00', 1704067200, ['time-form']],
    ['+1704067200', 1704067200, []],
    ['100000000000', 100_000_000_000, []],
    ['100000000001', 100_000_000, ['time-form']],
    ['100000000000000', 100_000_000_000, ['time-form']],
    ['100000000000001', 100_000_000, ['time-form']],
    ['2024-02-30', null, ['bad-time']],
    ['01.01.2024', null, ['bad-time']],
    ['0x6592ac80', null, ['bad-time']],
    ['1,704,067,200', null, ['bad-time']],
    ['Mon, 01 Jan 2024 00:00:00 +0000', null, ['bad-time']],
    ['2024-13-01', null, ['bad-time']],
    ['-5', null, ['bad-time']],
    ['soon', null, ['bad-time']],
    ['1e9', null, ['bad-time']],
    ['9'.repeat(400), null, ['bad-time']],
    ['', null, []],
    [null, null, []],
  ])('%j is %j', (raw, expected, codes) => {
    expect(noting((note) => timeOf(raw, note, ''))).toEqual({ value: expected, codes });
  });

  it('one second is not more than the next', () => {
    expect(noting((note) => dateRangeOf('5', '5', note))).toEqual({ value: { begin: 5, end: 5 }, codes: [] });
    expect(noting((note) => dateRangeOf('6', '5', note))).toEqual({
      value: { begin: 5, end: 6 },
      codes: ['time-order'],
    });
    expect(noting((note) => dateRangeOf(null, '5', note))).toEqual({
      value: { begin: 5, end: 5 },
      codes: ['missing-time'],
    });
  });
});

describe('addresses', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:DB8::0', '2001:db8::'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:db8:1:2:3:4:5:0', '2001:db8:1:2:3:4:5:0'],
    ['2001:db8:0:0::1', '2001:db8::1'],
    ['2001:db8:0:0:1::1', '2001:db8::1:0:0:1'],
    ['2001:db8:1:2:3:4:5::', '2001:db8:1:2:3:4:5:0'],
    ['2001:db8:1:2:3:4::', '2001:db8:1:2:3:4::'],
    ['2001:db8:1:2:3:4:5:6:7', null],
    ['2001:db8:1:2:3:4:5:6::', null],
    ['2001:db8:1:2:3:4:5', null],
    ['2001:db8::1::2', null],
    ['2001:db8::00001', null],
    ['::1', '::1'],
    ['::', '::'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['[::FFFF:203.0.113.7]:25', '203.0.113.7'],
    ['203.0.113.07', null],
    ['203.0.113', null],
    ['0xcb.0.113.7', null],
    ['203.0.113.7/32', null],
    ['198.051.100.001', null],
    ['3325256705', null],
    ['198.51.100.256', null],
    ['198.51.100.1 ', '198.51.100.1'],
    ['198.51.100.1, 198.51.100.2', null],
    ['198.51.100.1:', null],
    ['1.100.51.198.in-addr.arpa', null],
    ['mail.example.net', null],
    ['2001:db8::1%eth0', '2001:db8::1'],
    ['[2001:db8::1%25eth0]', '2001:db8::1'],
    ['2001:db8::198.51.100.9', '2001:db8::c633:6409'],
    ['::ffff:198.51.100.256', null],
    ['2001:db8::g', null],
    ['2001:db8::/32', null],
    ['2001:db8:::1', null],
    ['[203.0.113.7', null],
    ['%', null],
    ['', null],
  ])('%j is %j', (raw, expected) => {
    expect(noting((note) => addressOf(raw, note, '')).value).toBe(expected);
  });
});

describe('domains', () => {
  it.each([
    ['example.org', 'example.org', []],
    ['_dmarc.example.org', '_dmarc.example.org', []],
    ['EXAMPLE.ORG', 'example.org', ['domain-form']],
    ['example.org..', 'example.org', ['domain-form']],
    ['<@>', '', ['domain-form']],
    ['<>', '', ['domain-form']],
    ['a@b@Example.org', 'example.org', ['domain-form']],
    ['bücher.example.org', 'xn--bcher-kva.example.org', ['domain-form']],
    ['BÜCHER.example.org.', 'xn--bcher-kva.example.org', ['domain-form']],
    ['xn--bcher-kva.example.org', 'xn--bcher-kva.example.org', []],
    ['XN--BCHER-KVA.example.org', 'xn--bcher-kva.example.org', ['domain-form']],
    // A name that starts like an A-label is none of U-labels (RFC 5890 section 2.3.1).
    ['xn--ä.example.org', 'xn--ä.example.org', ['bad-domain']],
    ['example org', 'example org', ['bad-domain']],
    ['example.org, example.net', 'example.org, example.net', ['bad-domain']],
    ['.', '', ['domain-form']],
    ['', '', []],
    [null, null, []],
  ])('%j is %j', (raw, expected, codes) => {
    expect(noting((note) => domainOf(raw, note, ''))).toEqual({ value: expected, codes });
  });
});

describe('the generation', () => {
  const policy = '<policy_published><domain>example.org</domain></policy_published>';
  const record = (evaluated: string) =>
    `<record><row><source_ip>198.51.100.1</source_ip><count>1</count><policy_evaluated>${evaluated}</policy_evaluated></row></record>`;
  const generationOf = (body: string, attributes = '') =>
    readAll([`<feedback${attributes}><version>1.0</version>${policy}${body}</feedback>`]).reading.generation;

  it.each([
    '<report_metadata><generator>receiver/1</generator></report_metadata>',
    '<extension/>',
    record('<disposition>pass</disposition>'),
    record('<disposition> Pass </disposition>'),
    record('<reason><type>policy_test_mode</type></reason>'),
  ])('is rfc9990 by what only RFC 9990 has: %s', (body) => {
    expect(generationOf(body)).toBe('rfc9990');
  });

  it.each(['testing', 't', 'discovery_method'])('is rfc9990 by <%s> in the policy', (name) => {
    const body = `<feedback><version>1.0</version><policy_published><domain>example.org</domain><${name}>n</${name}></policy_published></feedback>`;
    expect(readAll([body]).reading.generation).toBe('rfc9990');
  });

  it.each([
    '<other><generator>receiver/1</generator></other>',
    record('<dkim>pass</dkim><spf>pass</spf>'),
    record('<reason><type>other</type><comment>policy_test_mode</comment></reason>'),
  ])('is rfc7489 with %s', (body) => {
    expect(generationOf(body)).toBe('rfc7489');
  });

  it.each([
    [' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"', 'rfc9990'],
    [" xmlns = 'URN:IETF:params:xml:ns:dmarc-2.0'", 'rfc9990'],
    [' xmlns:x="urn:ietf:params:xml:ns:dmarc-2.0"', 'rfc7489'],
    [' xmlns="http://dmarc.org/dmarc-xml/0.1"', 'rfc7489'],
    [' xmlns="urn:ietf:params:xml:ns:dmarc-3.0"', 'rfc7489'],
  ])('of the namespace in%s is %s', (attributes, generation) => {
    expect(generationOf('', attributes)).toBe(generation);
  });

  it('is a draft without a version', () => {
    expect(readAll([`<feedback>${policy}</feedback>`]).reading.generation).toBe('draft');
    expect(readAll([`<feedback><version/>${policy}</feedback>`]).reading.generation).toBe('rfc7489');
  });
});

it.each([
  ['0', 0],
  ['100', 100],
  ['100.0', 100],
  ['101', null],
  ['-1', null],
  ['+7', 7],
  ['100.5', null],
  ['1e2', null],
  ['50%', null],
  ['', null],
])('a pct of %j is %j', (raw, expected) => {
  expect(noting((note) => percentOf(raw, note, '')).value).toBe(expected);
});

it.each([
  ['feedback', null],
  ['feedback xmlns="urn:example:a" xmlns:b="urn:example:b"', 'urn:example:a'],
  ["b:feedback xmlns='urn:example:a' xmlns:b = 'urn:example:b'", 'urn:example:b'],
  ['feedback xmlns:b="urn:example:b"', null],
])('the namespace of %j is %j', (tag, expected) => {
  expect(namespaceOf(tag)).toBe(expected);
});

it('bytes 0x80 to 0x9f are what windows-1252 says', () => {
  expect(decodeWindows1252(Buffer.from([0x80, 0x91, 0x99, 0x9f, 0xe9, 0x41]))).toBe('€‘™ŸéA');
});

it('every known name is found by its own hash', () => {
  expect(knownName('source_ip').id).toBeGreaterThan(0);
  expect(nameOf('nonsense').id).toBe(0);
  expect(() => knownName('nonsense')).toThrow('no name for element nonsense');
});
