import { describe, expect, test } from 'vitest';
import { diagnose, handledText } from '../../src/analyse/diagnose.js';
import type { Diagnosis, Rows, Subject } from '../../src/analyse/diagnose.js';
import type { RecordGroup } from '../../src/model/record-group.js';
import { rows } from './rows.js';

const domain = 'example.org';
const mailer = 'mailer.example';

function of(
  failing: readonly RecordGroup[],
  other: Partial<Omit<Rows, 'failing'>> = {},
  subject: Partial<Subject> = {},
): Diagnosis {
  const modes = { adkim: null, aspf: null };
  return diagnose(
    { domain, sender: mailer, mechanism: 'dmarc', modes, ...subject },
    { failing, meanwhile: [], before: [], ...other },
  );
}

/** What the sender's mail looked like while it passed. */
const signed = (more: Partial<RecordGroup> = {}) =>
  rows([[domain, 's1', 'pass']], [[`bounce.${mailer}`, 'pass']], { verdict: 'pass_dkim', ...more });
const sentByUs = rows([], [[domain, 'pass']], { verdict: 'pass_spf' });

describe('what was never right', () => {
  test('SPF passes for a domain that is not aligned', () => {
    const found = of([rows([[mailer, 'k', 'fail']], [[`bounce.${mailer}`, 'pass']])]);
    expect(found.why).toBe(
      'SPF passes for bounce.mailer.example, which is not aligned with example.org, and there is no valid DKIM signature.',
    );
    expect(found.nextSteps[0]).toBe(
      'If it is yours, set mailer.example up to sign with d=example.org (a custom DKIM domain).',
    );
  });

  test('DKIM passes for a domain that is not aligned', () => {
    expect(of([rows([[mailer, 'k', 'pass']], [[domain, 'fail']])]).why).toBe(
      'The DKIM signature is valid but made for mailer.example, which is not aligned with example.org, and SPF does not pass.',
    );
  });

  test('both pass and DMARC still fails, because neither is aligned', () => {
    expect(of([rows([[mailer, 'k', 'pass']], [[`bounce.${mailer}`, 'pass']])]).why).toBe(
      'DKIM passes for mailer.example and SPF for bounce.mailer.example, but neither is aligned with example.org.',
    );
  });

  test('nothing passes', () => {
    const found = of([rows([], [[domain, 'fail']])]);
    expect(found.cause).toBe('nothing');
    expect(found.nextSteps.at(-1)).toContain('a policy of p=quarantine or p=reject on example.org');
  });

  test('the reports give no results', () => {
    expect(of([rows([], [])]).cause).toBe('unknown');
  });
});

describe('strict alignment where relaxed was meant', () => {
  const failing = [rows([['news.example.org', 's1', 'pass']], [])];

  test('is named with the tag of the policy that asks for it', () => {
    const found = of(failing, {}, { modes: { adkim: 's', aspf: 'r' } });
    expect(found.why).toBe(
      'DKIM for news.example.org passes, but adkim=s asks for exactly the domain in From, where relaxed alignment would do.',
    );
    expect(found.nextSteps[0]).toBe('If adkim=s is not meant, take it out of _dmarc.example.org.');
  });

  test('is judged for SPF by its own tag', () => {
    const bySpf = [rows([], [['bounce.example.org', 'pass']])];
    expect(of(bySpf, {}, { modes: { adkim: 'r', aspf: 's' } }).cause).toBe('strict');
    expect(of(bySpf, {}, { modes: { adkim: 's', aspf: 'r' } }).cause).toBe('contradiction');
  });

  test('is not what fails when the domain is exactly that in From', () => {
    const same = [rows([['News.example.org', 's1', 'pass']], [], { headerFrom: 'news.example.org' })];
    expect(of(same, {}, { modes: { adkim: 's', aspf: 's' } }).cause).toBe('contradiction');
  });
});

test('a reporter contradicts itself when its own results are aligned and it calls the messages failed', () => {
  const failing = [rows([['mail.example.org', 's1', 'pass']], [[`bounce.${mailer}`, 'pass']], { reporter: 'Odd' })];
  expect(of(failing).why).toBe(
    'Odd contradicts itself: by its own results DKIM for mail.example.org and SPF for bounce.mailer.example passes and is aligned with example.org, and yet it calls the messages failed.',
  );
});

describe('a signature that is missing', () => {
  test('is named as it used to be', () => {
    const found = of([rows([], [[`bounce.${mailer}`, 'pass']])], { before: [signed()] });
    expect(found.why).toBe('The DKIM signature s1._domainkey.example.org that this mail used to carry is missing.');
    expect(found.nextSteps[0]).toBe('Turn DKIM signing for example.org on again at mailer.example.');
  });

  test('at one of four source IPs names that one', () => {
    const others = ['198.51.100.1', '198.51.100.2', '198.51.100.3'].map((ip) => signed({ ip }));
    const failing = [rows([], [[`bounce.${mailer}`, 'pass']], { ip: '198.51.100.4' })];
    const before = [...others, signed({ ip: '198.51.100.4' })];
    expect(of(failing, { before, meanwhile: others }).why).toBe(
      'The DKIM signature s1._domainkey.example.org that this mail used to carry is missing at 1 of 4 source IPs (198.51.100.4).',
    );
  });

  test('only in mail from addresses that never sent for us may be somebody else at the same service', () => {
    const failing = [rows([[mailer, 'k', 'pass']], [[`bounce.${mailer}`, 'pass']], { ip: '203.0.113.9' })];
    expect(of(failing, { before: [signed()], meanwhile: [signed()] }).why).toBe(
      'Unsigned mail from addresses of mailer.example that sent nothing of yours before: the DKIM signature s1._domainkey.example.org is missing.',
    );
  });
});

describe('a signature that does not verify', () => {
  const broken = (more: Partial<RecordGroup> = {}, selector = 's1') =>
    rows([[domain, selector, 'fail']], [[`bounce.${mailer}`, 'pass']], more);

  test('at one of four source IPs', () => {
    const others = ['198.51.100.1', '198.51.100.2', '198.51.100.3'].map((ip) => signed({ ip }));
    const found = of([broken({ ip: '198.51.100.4' })], { before: [signed()], meanwhile: others });
    expect(found.why).toBe(
      'The DKIM signature s1._domainkey.example.org is there but does not verify at 1 of 4 source IPs (198.51.100.4).',
    );
    expect(found.nextSteps[0]).toBe('The other source IPs sign well: compare the key and the settings of the servers.');
  });

  test('for one selector while another one verifies', () => {
    const found = of([broken({}, 's2')], { before: [signed()], meanwhile: [signed()] });
    expect(found.why).toBe(
      'The DKIM signature s2._domainkey.example.org is there but does not verify; other selectors verify.',
    );
    expect(found.nextSteps[0]).toBe(
      'Compare the TXT record s2._domainkey.example.org with the key that mailer.example signs with: only this selector is broken.',
    );
  });

  test('at all reporters is most likely a rotated key', () => {
    const failing = ['google.com', 'Yahoo', 'Fastmail'].map((reporter) => broken({ reporter }));
    const found = of(failing, { before: [signed()] });
    expect(found.why).toBe(
      'The DKIM signature s1._domainkey.example.org is there but does not verify at all 3 reporters.',
    );
    expect(found.nextSteps[0]).toBe(
      'Compare the TXT record s1._domainkey.example.org with the key that mailer.example signs with: a rotated key is the usual cause.',
    );
  });

  test('at one reporter only is a matter between it and us', () => {
    const found = of([broken({ reporter: 'Yahoo' })], { before: [signed()], meanwhile: [signed()] });
    expect(found.why).toBe('The DKIM signature s1._domainkey.example.org is there but does not verify at Yahoo only.');
    expect(found.nextSteps[0]).toContain('a DNS problem');
  });
});

describe('SPF from an IP that used to pass', () => {
  const failing = [rows([], [[domain, 'softfail']])];

  test('says softfail now', () => {
    const found = of(failing, { before: [sentByUs] });
    expect(found.why).toBe(
      'SPF used to pass for this source and now says softfail, and no DKIM signature of example.org takes its place.',
    );
    expect(found.nextSteps[0]).toContain('was an include or an address removed');
  });

  test('is nothing that changed when it never passed', () => {
    expect(of(failing).cause).toBe('nothing');
  });

  test('is said of that source IP alone: another one of the sender is a server that SPF does not name', () => {
    const other = rows([], [[domain, 'softfail']], { ip: '198.51.100.8' });
    const found = of([other], { before: [sentByUs] });
    expect(found.cause).toBe('spf_new_ip');
    expect(found.why).toContain('is new, or the SPF record of example.org never named it: SPF says softfail');
    expect(found.why).not.toContain('used to pass');
    expect(of([...failing, other, other], { before: [sentByUs] }).cause).toBe('spf_new_ip');
    expect(of([...failing, ...failing, other], { before: [sentByUs] }).cause).toBe('spf_fails');
  });
});

describe('mail broken only by forwarding', () => {
  const list = rows([[domain, 's1', 'fail']], [['list.example', 'pass']], { forwarded: true });

  test('is called so when it explains every failing message', () => {
    expect(of([list]).why).toContain('every failing message was forwarded');
  });

  test('does not excuse what else fails', () => {
    expect(of([list, rows([], [['other.example', 'pass']], { messages: 1 })]).cause).toBe('spf_unaligned');
  });
});

describe('DNS errors', () => {
  const error = rows([[domain, 's1', 'temperror']], [[domain, 'temperror']], { reporter: 'Yahoo' });

  test('at one reporter while others could check', () => {
    const found = of([error], { before: [signed()], meanwhile: [signed()] });
    expect(found.why).toBe(
      'Yahoo could not check: DNS answered with temporary errors (temperror), while others could.',
    );
    expect(found.nextSteps[0]).toContain('refuse or limit that receiver');
  });

  test('at all reporters are about our own DNS servers', () => {
    const found = of([error, { ...error, reporter: 'google.com' }], { before: [signed()] });
    expect(found.why).toBe('Yahoo and 1 other could not check: DNS answered with temporary errors (temperror).');
    expect(found.nextSteps[0]).toContain('Check that the DNS servers of example.org answer');
  });
});

describe('one leg that breaks while DMARC passes', () => {
  test('names the selector, and what still holds', () => {
    const failing = [rows([[domain, 's1', 'fail']], [[domain, 'pass']], { verdict: 'pass_spf' })];
    const before = [rows([[domain, 's1', 'pass']], [[domain, 'pass']], { verdict: 'pass_both' })];
    const found = of(failing, { before }, { mechanism: 'dkim' });
    expect(found.why).toBe('The DKIM signature s1._domainkey.example.org is there but does not verify.');
    expect(found.nextSteps[0]).toBe(
      'DMARC still passes by SPF alone: mend this before that breaks too, or mail is forwarded.',
    );
  });

  test('names the result of SPF', () => {
    const failing = [rows([[domain, 's1', 'pass']], [[domain, 'softfail']], { verdict: 'pass_dkim' })];
    const before = [rows([[domain, 's1', 'pass']], [[domain, 'pass']], { verdict: 'pass_both' })];
    expect(of(failing, { before }, { mechanism: 'spf' }).why).toBe(
      'SPF used to pass for this source and now says softfail.',
    );
  });
});

test('the cause of most messages counts', () => {
  const failing = [
    rows([], [[domain, 'fail']], { messages: 4 }),
    rows([['x.example', 'k', 'pass']], [], { messages: 3 }),
    rows([['y.example', 'k', 'pass']], [], { messages: 2 }),
  ];
  expect(of(failing).cause).toBe('dkim_unaligned');
});

test('hostile names are printed harmlessly', () => {
  expect(of([rows([['evil.example\u0007\n', 'k', 'pass']], [])]).why).toContain('valid but made for evil.example?,');
});

describe('what receivers did', () => {
  const none = { none: 0, quarantine: 0, reject: 0, pass: 0, other: 0 };

  test.each([
    [{ ...none, reject: 198, quarantine: 2 }, 'Receivers rejected 198 and quarantined 2 of the 200 failing messages.'],
    [{ ...none, reject: 5, none: 7 }, 'Receivers rejected 5 of the 12 failing messages and let the others pass.'],
    [{ ...none, none: 7 }, 'Receivers took no action on them.'],
    [none, ''],
  ])('of %o is one sentence', (disposition, text) => {
    expect(handledText(disposition)).toBe(text);
  });
});
