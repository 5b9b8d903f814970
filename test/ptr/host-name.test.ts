import { describe, expect, test } from 'vitest';
import { isGeneric, readHostName } from '../../src/ptr/host-name.js';

describe('a PTR name', () => {
  test('is folded and loses its last dot', () => {
    expect(readHostName('MX1.Mailer.Example.')).toBe('mx1.mailer.example');
  });

  test('of 253 characters is read, one more is not', () => {
    const labels = (last: number) => [...Array.from({ length: 3 }, () => 'a'.repeat(63)), 'b'.repeat(last)].join('.');
    expect(labels(61)).toHaveLength(253);
    expect(readHostName(labels(61))).toBe(labels(61));
    expect(readHostName(`${labels(61)}.`)).toBe(labels(61));
    expect(readHostName(labels(62))).toBeNull();
  });

  test('has labels of 63 characters, and none of 64', () => {
    expect(readHostName(`${'a'.repeat(63)}.example`)).not.toBeNull();
    expect(readHostName(`${'a'.repeat(64)}.example`)).toBeNull();
  });

  test.each([
    ['nothing', ''],
    ['one label', 'localhost'],
    ['an empty label', 'mx..example'],
    ['a control character', 'mx\u0000.example'],
    ['a line end', 'mx.example\n'],
    ['an escape of a resolver', 'mx\\000.example'],
    ['markup', '<script>.example'],
    ['a letter of another script', 'g\u043eogle.example'],
    ['a blank', 'mx 1.example'],
    ['an underscore', 'mx_1.example'],
    ['a hyphen at the start of a label', '-mx.example'],
    ['a hyphen at the end of a label', 'mx-.example'],
    ['an address', '198.51.100.7'],
    ['megabytes', 'a.'.repeat(1_000_000)],
  ])('with %s is none', (_, text) => expect(readHostName(text)).toBeNull());

  test('of another script stays in its ASCII form, which looks like no other name', () => {
    expect(readHostName('xn--ggle-0nda.example')).toBe('xn--ggle-0nda.example');
  });
});

describe('a name is generic', () => {
  test.each([
    ['four octets', '198-51-100-7.isp.example'],
    ['four octets in reverse', '7.100.51.198.isp.example'],
    ['three octets', 'h51-100-7.isp.example'],
    ['octets with zeros', 'ip198051100007.isp.example'],
    ['octets with zeros in reverse', '007100051198.isp.example'],
    ['the address in hexadecimal', 'c6336407.isp.example'],
    ['the address below a suffix of customers', 'ec2-198-51-100-7.compute-1.amazonaws.com'],
    ['a word of lines', 'a7.dsl.isp.example'],
    ['a word of pools', 'dyn-7.isp.example'],
    ['a word and a number', 'cpe7.isp.example'],
  ])('by %s', (_, name) => expect(isGeneric(name, '198.51.100.7')).toBe(true));

  test.each([
    ['a mail server', 'mx7.mailer.example'],
    ['two octets', 'out-100-7.mailer.example'],
    ['another address', 'out-203-0-113-9.mailer.example'],
    ['a word that only begins like one', 'dynamics.mailer.example'],
    ['a word in the domain itself', 'mx.dsl-cable.example'],
    ['the domain itself', 'mailer.example'],
    ['many digits', `mx${'9'.repeat(40)}.mailer.example`],
  ])('and not by %s', (_, name) => expect(isGeneric(name, '198.51.100.7')).toBe(false));

  test.each([
    ['all its digits', '20010db8000000010a0b0c0d0e0f1011.isp.example', true],
    ['its host part', 'h-0a0b-0c0d-0e0f-1011.isp.example', true],
    ['its digits in reverse', '1.1.0.1.f.0.e.0.d.0.c.0.b.0.a.0.isp.example', true],
    ['its groups', '2001-db8-0-1-a0b-c0d-e0f-1011.isp.example', true],
    ['a server name', 'mx7.mailer.example', false],
  ])('when it holds an IPv6 address: %s', (_, name, generic) => {
    expect(isGeneric(name, '2001:db8:0:1:a0b:c0d:e0f:1011')).toBe(generic);
  });

  test('when it holds the short form of an IPv6 address', () => {
    expect(isGeneric('h2001-db8--a7.isp.example', '2001:db8::a7')).toBe(true);
    expect(isGeneric('h2001-db8--a8.isp.example', '2001:db8::a7')).toBe(false);
  });
});
