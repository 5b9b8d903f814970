import { dayText } from '../model/finding.js';
import type { Evidence, Finding } from '../model/finding.js';
import type { RestOfSources } from '../model/history.js';
import { fingerprintOf } from './fingerprint.js';
import { summaryOfRest } from './summary.js';
import type { Ports, Round } from './suspects.js';

/** Sender of the finding that stands for sources too many to look at one by one. */
export const restSender = 'other networks';

/** Sources of which some are known by name. */
export interface Rest extends RestOfSources {
  readonly loudest?: Evidence['sources'];
}

const listedSources = 20;

/** The sources with the most failing messages, as far as a finding lists them. */
export function loudestOf(sources: Evidence['sources']): Evidence['sources'] {
  return [...sources].sort((one, other) => other.failed - one.failed).slice(0, listedSources);
}

/** One finding for all failing sources past the bound, so that a flood of addresses costs one row and one line. */
export async function restFinding(ports: Ports, round: Round, rest: Rest): Promise<Finding> {
  const fingerprint = fingerprintOf('new_failing_source', rest.domain, restSender);
  const latest = await ports.findings.latest(fingerprint);
  const open = latest?.status === 'open' ? latest : null;
  // Told already: these are other sources, which the next digest has to tell of.
  const sum = open !== null && open.toldAt === null ? added(rest, open) : rest;
  const evidence = evidenceOf(sum);
  return {
    publicId: open?.publicId ?? round.newId(),
    fingerprint,
    rule: 'new_failing_source',
    severity: 'info',
    status: 'open',
    domainId: rest.domainId,
    domain: rest.domain,
    sender: restSender,
    sourceIds: [],
    summary: summaryOfRest(sum, evidence.window),
    evidence,
    firstDay: open === null ? rest.firstDay : Math.min(open.firstDay, rest.firstDay),
    lastDay: open === null ? rest.lastDay : Math.max(open.lastDay, rest.lastDay),
    firstArrival: sum.firstArrival,
    openedAt: open?.openedAt ?? round.now,
    updatedAt: round.now,
    resolvedAt: null,
    resolution: null,
    toldAt: null,
    toldBy: null,
  };
}

function added(rest: Rest, open: Finding): Rest {
  return {
    ...rest,
    loudest: [...(rest.loudest ?? []), ...open.evidence.sources],
    sources: rest.sources + open.evidence.source_count,
    failed: rest.failed + open.evidence.window.failed,
    firstArrival: Math.min(rest.firstArrival, open.firstArrival),
    firstDay: Math.min(rest.firstDay, open.firstDay),
    lastDay: Math.max(rest.lastDay, open.lastDay),
  };
}

function evidenceOf(rest: Rest): Evidence {
  const window = {
    from: dayText(rest.firstDay),
    to: dayText(rest.lastDay),
    messages: rest.failed,
    failed: rest.failed,
  };
  return {
    window,
    baseline: { days: 0, messages: 0, failed: 0 },
    p_value: null,
    latest: window,
    sources: loudestOf(rest.loudest ?? []),
    source_count: rest.sources,
    reporters: [],
    reporter_count: 0,
    disposition: { none: 0, quarantine: 0, reject: 0, pass: 0, other: 0 },
    auth: { before: { dkim: [], spf: [] }, after: { dkim: [], spf: [] } },
    reasons: [],
    header_from: [],
    class: 'unknown',
    class_reason: 'too many new sources at once to look at each',
    class_step: 8,
    why: 'So many addresses failed for the first time that only the busiest were looked at one by one: most likely spoofing.',
    next_steps: ['Nothing is to do if the policy is p=quarantine or p=reject; otherwise move towards it.'],
    handled: '',
    mechanism: 'dmarc',
    whole: false,
    title: restSender,
    route: 'digest',
    late: false,
    flapping: false,
    told_as: null,
    recovery: null,
  };
}
