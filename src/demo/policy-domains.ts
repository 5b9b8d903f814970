/** A domain with its published record, and how much it sends. */
export interface PolicyDomain {
  readonly name: string;
  readonly p: Disposition;
  readonly sp: Disposition;
  readonly pct: number;
  readonly adkim: 'r' | 's';
  readonly aspf: 'r' | 's';
  readonly fo: string;
  /** Messages on a working day; 0: parked, never sends. */
  readonly perDay: number;
}

export type Disposition = 'none' | 'quarantine' | 'reject';

type Spec = Partial<PolicyDomain> & Pick<PolicyDomain, 'name' | 'p' | 'perDay'>;

/** Together about 20 million messages a year. */
const specs: readonly Spec[] = [
  { name: 'acme.example', p: 'quarantine', perDay: 2600 },
  { name: 'birchline.example', p: 'reject', perDay: 16_000 },
  { name: 'coldbrook.example', p: 'none', perDay: 9000 },
  { name: 'dunmore-post.example', p: 'reject', sp: 'none', perDay: 7500 },
  { name: 'elmgate.example', p: 'quarantine', pct: 50, perDay: 6000 },
  { name: 'fernhill-school.example', p: 'none', sp: 'quarantine', perDay: 5000 },
  { name: 'greyharbour.example', p: 'reject', adkim: 's', aspf: 's', perDay: 3600 },
  { name: 'hollowoak.example', p: 'quarantine', sp: 'reject', perDay: 2400 },
  { name: 'ivybridge-shop.example', p: 'reject', fo: '1', perDay: 1500 },
  { name: 'kestrelworks.example', p: 'none', perDay: 700 },
  { name: 'larkfield.example', p: 'none', perDay: 60 },
  { name: 'mossbank.example', p: 'reject', perDay: 0 },
];

/** The first `count` policy domains; the first one is where a sender breaks. */
export function policyDomains(count: number): readonly PolicyDomain[] {
  return Array.from({ length: count }, (_, index) => complete(specs[index] ?? further(index)));
}

function complete(spec: Spec): PolicyDomain {
  return { sp: spec.p, pct: 100, adkim: 'r', aspf: 'r', fo: '0', ...spec };
}

const policies: readonly Disposition[] = ['none', 'quarantine', 'reject'];

function further(index: number): Spec {
  return { name: `branch-${index + 1}.example`, p: policies[index % 3] ?? 'none', perDay: 100 + ((index * 37) % 900) };
}
