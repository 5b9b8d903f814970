import type { RecordGroup } from '../../src/model/record-group.js';

type Dkim = readonly [domain: string, selector: string, result: string];
type Spf = readonly [domain: string, result: string];

/** Messages that failed: ten that google.com saw from one address of example.org, unless told. */
export function rows(dkim: readonly Dkim[], spf: readonly Spf[], more: Partial<RecordGroup> = {}): RecordGroup {
  return {
    messages: 10,
    ip: '198.51.100.7',
    reporter: 'google.com',
    headerFrom: 'example.org',
    verdict: 'fail',
    disposition: 'none',
    forwarded: false,
    dkim: dkim.map(([domain, selector, result]) => ({ domain, selector, result })),
    spf: spf.map(([domain, result]) => ({ domain, result })),
    ...more,
  };
}
