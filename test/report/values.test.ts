import { describe, expect, it } from 'vitest';
import { addressOf, domainOf, percentOf } from '../../src/report/fields.js';
import { namespaceOf } from '../../src/report/generation.js';
import { knownName, nameOf } from '../../src/report/names.js';
import type { Note } from '../../src/report/problems.js';
import { dateRangeOf, timeOf } from '../../src/report/times.js';
import { decodeWindows1252 } from '../../src/report/xml-text.js';

function noting<T>(read: (note: Note) => T): { readonly value: T; readonly codes: readonly string[] } {
  const codes: string[] = [];
  return { value: read((code) => codes.push(code)), codes };
}

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
    ['.', '', ['domain-form']],
    ['', '', []],
    [null, null, []],
  ])('%j is %j', (raw, expected, codes) => {
    expect(noting((note) => domainOf(raw, note, ''))).toEqual({ value: expected, codes });
  });
});

it.each([
  ['0', 0],
  ['100', 100],
  ['100.0', 100],
  ['101', null],
  ['-1', null],
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
