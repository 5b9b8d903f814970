import { describe, expect, test } from 'vitest';
import { inBatches } from '../../src/source/batches.js';
import { findFolder, sameFolder } from '../../src/source/folder-name.js';
import { pollFailureOf } from '../../src/source/imap-fault.js';
import { Suspects } from '../../src/source/suspects.js';
import { uidSet } from '../../src/source/uid-set.js';

describe('a set of UIDs', () => {
  test.each([
    [[], ''],
    [[7], '7'],
    [[1, 2, 3], '1:3'],
    [[1, 3, 4, 5, 9], '1,3:5,9'],
    [[4294967294, 4294967295], '4294967294:4294967295'],
  ])('%j is %s', (uids, set) => {
    expect(uidSet(uids)).toBe(set);
  });
});

describe('batches', () => {
  const cut = (weights: readonly number[]): readonly (readonly number[])[] => [
    ...inBatches(weights, (weight) => weight, { mails: 3, bytes: 10 }),
  ];

  test('end at the bound of mails or of bytes, whichever comes first', () => {
    expect(cut([1, 1, 1, 1])).toEqual([[1, 1, 1], [1]]);
    expect(cut([5, 5, 1])).toEqual([[5, 5], [1]]);
    expect(cut([5, 6])).toEqual([[5], [6]]);
  });

  test('hold at least one item', () => {
    expect(cut([11, 1])).toEqual([[11], [1]]);
    expect(cut([])).toEqual([]);
  });

  test('an item of unknown weight shares with nothing, not even with what weighs nothing', () => {
    expect(cut([0, Infinity, 0])).toEqual([[0], [Infinity], [0]]);
  });
});

describe('the name of a folder', () => {
  const dotted = ['INBOX', 'INBOX.Reports.DMARC', 'Übersicht'].map((path) => ({ path, delimiter: '.' }));

  test.each([
    ['inbox', 'INBOX'],
    ['INBOX.Reports.DMARC', 'INBOX.Reports.DMARC'],
    ['INBOX/Reports/DMARC', 'INBOX.Reports.DMARC'],
    ['Reports/DMARC', 'INBOX.Reports.DMARC'],
    ['U\u0308bersicht', 'Übersicht'],
    ['reports/dmarc', null],
  ])('%s is found as %s on a server that separates by dots', (name, path) => {
    expect(findFolder(dotted, name)).toBe(path);
  });

  test('INBOX alone has no case', () => {
    expect(sameFolder('Inbox', 'INBOX')).toBe(true);
    expect(sameFolder('done', 'Done')).toBe(false);
  });
});

describe('suspects', () => {
  test('after two losses mails travel alone, behind the others, the least lost first', () => {
    const suspects = new Suspects();
    const place = '1 INBOX';
    suspects.lost(place, [1, 2, 3]);
    expect(suspects.groups(place, [1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    suspects.lost(place, [1, 2, 3]);
    suspects.lost(place, [1]);
    expect(suspects.groups(place, [1, 2, 3, 4, 5], 2)).toEqual([[4, 5], [2], [3], [1]]);
    expect(suspects.blames(place, [1])).toBe(true);
    expect(suspects.blames(place, [2])).toBe(false);
    suspects.cleared(place, [1, 2, 3]);
    expect(suspects.groups(place, [1, 2, 3], 3)).toEqual([[1, 2, 3]]);
  });

  test('the same UID elsewhere is another mail', () => {
    const suspects = new Suspects();
    suspects.lost('1 INBOX', [1]);
    suspects.lost('1 INBOX', [1]);
    expect(suspects.groups('2 INBOX', [1, 2], 2)).toEqual([[1, 2]]);
  });
});

describe('an error as a failure of the poll', () => {
  const mailbox = {
    name: 'reports',
    host: '2001:db8::25',
    port: 993,
    tls: 'tls',
    ca_file: '/ca.pem',
    user: 'dmarc',
    password: 'hunter2',
    oauth: null,
  } as const;

  const failure = (fields: object): object => pollFailureOf(Object.assign(new Error('library'), fields), mailbox);

  test('a login that cannot be served now is no wrong password', () => {
    const busy = { authenticationFailed: true, serverResponseCode: 'UNAVAILABLE', responseText: 'Temporary failure' };
    expect(failure(busy)).toMatchObject({
      reason: 'connect',
      message: 'mailbox reports: [2001:db8::25]:993 cannot serve dmarc now: Temporary failure',
    });
  });

  test('a server that repeats the password does not bring it into the log', () => {
    expect(failure({ authenticationFailed: true, responseText: 'bad login dmarc/hunter2\r\n' })).toMatchObject({
      reason: 'auth',
      message: 'mailbox reports: [2001:db8::25]:993 refused the login of dmarc: bad login dmarc/***?',
    });
  });

  test('certificates that are out of date, of another host or of another authority are told apart', () => {
    expect(failure({ code: 'CERT_HAS_EXPIRED' })).toMatchObject({
      reason: 'tls',
      hint: expect.stringContaining('renew') as string,
    });
    expect(failure({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })).toMatchObject({
      hint: expect.stringContaining('host') as string,
    });
    expect(failure({ code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' })).toMatchObject({
      hint: 'ca_file of the mailbox does not hold the authority that signed it',
    });
  });

  test('a connection that breaks during the login is no wrong password', () => {
    expect(failure({ code: 'NoConnection', authenticationFailed: true })).toMatchObject({ reason: 'connect' });
  });

  test('an answer above the bounds is an answer that cannot be used', () => {
    expect(failure({ code: 'LiteralTooLarge' })).toMatchObject({ reason: 'protocol' });
  });
});
