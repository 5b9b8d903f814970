import { describe, expect, test } from 'vitest';
import { classify, classOfSender } from '../../src/analyse/senders/classes.js';
import type { ClassFacts, Kind } from '../../src/analyse/senders/classes.js';
import { whyKnown } from '../../src/analyse/senders/known.js';
import type { KnownFacts } from '../../src/analyse/senders/known.js';
import { nameOf } from '../../src/analyse/senders/naming.js';
import type { SenderSetting, SenderSums, SourceEvidence } from '../../src/model/sender.js';

const none: SenderSums = {
  both: 0, dkim: 0, relayed: 0, spf: 0, forwarded: 0, signed: 0, elsewhere: 0, error: 0, nothing: 0,
  spfDays: 0, dkimDays: 0, dkimReporters: 0,
}; // prettier-ignore

describe('the name of a source IP', () => {
  const ours = new Set(['example.org']);
  const mailer: SenderSetting = { name: 'newsletter', cidr: [], ptr: [], dkim: [], spf: [] };

  function evidence(
    reports: readonly { dkim?: readonly string[]; spf?: readonly string[] }[],
    more: Partial<SourceEvidence> = {},
  ): SourceEvidence {
    const rows = reports.map(({ dkim = [], spf = [] }, report) => ({
      report,
      messages: 10,
      dkim: dkim.map((domain) => ({ domain, selector: 's1' })),
      spf,
    }));
    return { ip: '198.51.100.7', ptr: null, stored: null, rows, ...more };
  }
  const named = (of: SourceEvidence, settings: readonly SenderSetting[] = []) => {
    const { sender, step } = nameOf(of, { settings, ours });
    return [step, sender];
  };
  const signed = evidence([{ dkim: ['example.org', 'm.mailer.example'], spf: ['bounce.other.example'] }]);

  test('is the network when nothing else passes, or only what is ours', () => {
    expect(named(evidence([{ dkim: ['news.example.org'], spf: ['example.org'] }]))).toEqual(['network', '198.51.100.0/24']);
    expect(named(evidence([], { ip: '2001:db8:0:7::1' }))).toEqual(['network', '2001:db8:0:7::/64']);
  }); // prettier-ignore

  test('is that of a configured sender, of the PTR, of DKIM, of SPF, in this order', () => {
    expect(named(evidence([{ spf: ['bounce.other.example'] }]))).toEqual(['spf', 'other.example']);
    expect(named(signed)).toEqual(['dkim', 'mailer.example']);
    expect(named({ ...signed, ptr: 'out7.host.example' })).toEqual(['ptr', 'host.example']);
    const settings = [{ ...mailer, cidr: ['198.51.100.0/28'] }];
    expect(named({ ...signed, ptr: 'out7.host.example' }, settings)).toEqual(['configured', 'newsletter']);
  });

  test('is not that of a hosting service whose machines anybody rents', () => {
    const rented = 'vps-1234.vps.ovh.net';
    expect(named({ ...signed, ptr: rented })).toEqual(['dkim', 'mailer.example']);
    expect(named({ ...signed, ptr: rented }, [{ ...mailer, ptr: ['ovh.net'] }])).toEqual(['configured', 'newsletter']);
  });

  test.each([
    ['a network', { cidr: ['198.51.100.7/32'] }, true],
    ['another network', { cidr: ['198.51.100.8/29'] }, false],
    ['a network of the other kind', { cidr: ['2001:db8::/32'] }, false],
    ['the end of a PTR', { ptr: ['host.example'] }, true],
    ['letters at the end of a PTR', { ptr: ['ost.example'] }, false],
    ['a domain that signs', { dkim: ['mailer.example'] }, true],
    ['a key', { dkim: ['s1._domainkey.m.mailer.example'] }, true],
    ['another key', { dkim: ['s2._domainkey.m.mailer.example'] }, false],
    ['a domain of SPF', { spf: ['other.example'] }, true],
  ])('a configured sender is found by %s', (_, by, found) => {
    const [step] = named({ ...signed, ptr: 'out7.host.example' }, [{ ...mailer, ...by }]);
    expect(step === 'configured').toBe(found);
  });

  test('a domain has to be in a fifth of the reports', () => {
    const reports = (other: number, all: number) =>
      evidence(Array.from({ length: all }, (_, i) => (i < other ? { dkim: ['mailer.example'] } : {})));
    expect(named(reports(1, 5))).toEqual(['dkim', 'mailer.example']);
    expect(named(reports(1, 6))).toEqual(['network', '198.51.100.0/24']);
  });

  test('may rise to a better step, and else stays', () => {
    const stored = { sender: '198.51.100.0/24', step: 'network', decided: false } as const;
    expect(named({ ...signed, stored })).toEqual(['dkim', 'mailer.example']);
    expect(named({ ...signed, stored: { sender: 'first.example', step: 'dkim', decided: false } })).toEqual([
      'dkim',
      'first.example',
    ]);
    expect(named({ ...signed, stored: { sender: 'host.example', step: 'ptr', decided: false } })).toEqual([
      'ptr',
      'host.example',
    ]);
  });

  test('stays what the operator said something of, unless the configuration names it', () => {
    const stored = { sender: '198.51.100.0/24', step: 'network', decided: true } as const;
    expect(named({ ...signed, stored })).toEqual(['network', '198.51.100.0/24']);
    expect(named({ ...signed, stored }, [{ ...mailer, dkim: ['mailer.example'] }])).toEqual([
      'configured',
      'newsletter',
    ]);
  });

  test('falls back when the configuration no longer has it', () => {
    const stored = { sender: 'newsletter', step: 'configured', decided: false } as const;
    expect(named({ ...signed, stored })).toEqual(['dkim', 'mailer.example']);
    expect(named({ ...signed, stored }, [mailer])).toEqual(['configured', 'newsletter']);
  });

  test('says on what it rests, and counts the bounces of its own', () => {
    const own = evidence([{ dkim: ['mailer.example'], spf: ['b.mailer.example'] }, { dkim: ['mailer.example'] }]);
    expect(nameOf(own, { settings: [], ours })).toEqual({
      sender: 'mailer.example',
      step: 'dkim',
      evidence: 'DKIM d=mailer.example passes on 20 messages',
      bounces: 10,
    });
  });
});

describe('a sender is known', () => {
  const facts: KnownFacts = {
    step: 'network',
    kind: null,
    sums: none,
    bounces: 0,
    domain: { passing: 100, reporters: 5 },
  };
  const why = (sums: Partial<SenderSums>, more: Partial<KnownFacts> = {}) =>
    whyKnown({ ...facts, ...more, sums: { ...none, ...sums } });

  test('when it is configured', () => {
    expect(why({}, { step: 'configured' })).toBe('it is named in the configuration');
  });

  test('after 5 messages with aligned SPF on 2 days', () => {
    expect(why({ both: 3, spf: 2, spfDays: 2 })).toBe('SPF passes aligned on 5 messages of 2 days');
    expect(why({ both: 4, spfDays: 2 })).toBeNull();
    expect(why({ both: 500, spfDays: 1 })).toBeNull();
  });

  test('as a service of the catalogue after 5 messages with DKIM on 2 days, when its own SPF passes', () => {
    const some = { dkim: 5, dkimDays: 2, dkimReporters: 1 };
    const said = "DKIM passes aligned on 5 messages of 2 days, and SPF for the service's own domain";
    expect(why(some, { kind: 'esp', bounces: 5 })).toBe(said);
    expect(why(some, { kind: 'esp' })).toBeNull();
    expect(why(some, { kind: 'forwarder', bounces: 5 })).toBeNull();
    expect(why({ ...some, dkim: 4 }, { kind: 'esp', bounces: 5 })).toBeNull();
  });

  test('after 20 messages with DKIM on 3 days from 2 reporters, when its own SPF passes or it carries a part of the mail', () => {
    const many = { dkim: 20, dkimDays: 3, dkimReporters: 2 };
    const little = { domain: { passing: 401, reporters: 5 } };
    expect(why(many, { ...little, bounces: 20 })).toContain('seen by 2 reporters, and SPF for its own domain');
    expect(why(many, little)).toBeNull();
    expect(why(many, { domain: { passing: 400, reporters: 5 } })).toContain("5 % of the domain's passing mail");
    for (const less of [{ dkim: 19 }, { dkimDays: 2 }, { dkimReporters: 1 }]) {
      expect(why({ ...many, ...less }, { bounces: 20 })).toBeNull();
    }
    expect(why({ ...many, dkimReporters: 1 }, { bounces: 20, domain: { passing: 100, reporters: 1 } })).not.toBeNull();
  });

  test('but not as a forwarder that writes in its own bounce domain and carries little', () => {
    const relayed = { relayed: 40, dkimDays: 9, dkimReporters: 3 };
    expect(why(relayed, { bounces: 40, domain: { passing: 4_000, reporters: 5 } })).toBeNull();
    expect(why(relayed, { kind: 'mailing_list', bounces: 40, domain: { passing: 40, reporters: 5 } })).toBeNull();
  });
});

describe('the class of messages', () => {
  const stranger: ClassFacts = { known: null, decision: null, kind: null };
  const known: ClassFacts = { ...stranger, known: 'SPF passes' };
  const by = (kind: Kind, facts: ClassFacts) => {
    const { class: of, step } = classify(kind, facts);
    return [step, of];
  };

  test.each([
    ['both', known, 1, 'known'],
    ['relayed', stranger, 2, 'forwarder'],
    ['dkim', stranger, 2, 'third_party'],
    ['forwarded', stranger, 3, 'forwarder'],
    ['forwarded', known, 3, 'forwarder'],
    ['signed', known, 4, 'known'],
    ['nothing', known, 4, 'known'],
    ['signed', stranger, 5, 'forwarder'],
    ['elsewhere', stranger, 6, 'third_party'],
    ['elsewhere', { ...stranger, kind: 'forwarder' }, 6, 'forwarder'],
    ['nothing', stranger, 7, 'unauthenticated'],
    ['error', stranger, 8, 'unknown'],
    ['spf', stranger, 8, 'unknown'],
  ] as const)('%s of %o is step %i, %s', (kind, facts, step, of) => expect(by(kind, facts)).toEqual([step, of]));

  test('a threat is one whatever passes', () => {
    const decision = { kind: 'threat', until: null, by: 'the operator' } as const;
    expect(classify('both', { ...known, decision })).toEqual({
      class: 'unauthenticated',
      step: 0,
      evidence: 'the operator said that it is a threat',
    });
  });

  test('a sender is shown by most of its failing messages, else by most of its passing ones', () => {
    expect(classOfSender({ ...none, relayed: 50, signed: 2, nothing: 3 }, stranger).class).toBe('unauthenticated');
    expect(classOfSender({ ...none, relayed: 50, dkim: 2 }, stranger).class).toBe('forwarder');
    expect(classOfSender({ ...none, nothing: 3 }, known).class).toBe('known');
    expect(classOfSender(none, stranger).class).toBe('unknown');
  });

  test('says of how many messages it speaks, when some fail and some pass', () => {
    const evidence = (sums: Partial<SenderSums>) => classOfSender({ ...none, ...sums }, stranger).evidence;
    expect(evidence({ relayed: 1_905, nothing: 150, signed: 6 })).toBe('of 2,061 messages 156 fail: nothing passes');
    expect(evidence({ nothing: 3 })).toBe('nothing passes');
    expect(evidence({ dkim: 2 })).toBe('only DKIM passes for us, and too little mail came to know the sender');
  });
});
