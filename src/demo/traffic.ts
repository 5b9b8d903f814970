import type { DkimResult, OverrideReason, ReportRecord } from '../model/report.js';
import type { PolicyDomain } from './policy-domains.js';
import type { Random } from './random.js';
import type { EvidenceHabits, Reporter, ReportFacts } from './reporter.js';
import type { Fate, Stream } from './streams.js';

/** A record's count never exceeds this. */
const largestCount = 5000;

/** Messages of one stream from one address that fared alike. */
interface Batch {
  readonly stream: Stream;
  readonly fate: Fate;
  readonly ip: string;
  readonly messages: number;
}

/** A batch, and what the receiver did with it. */
interface Judged extends Batch {
  readonly disposition: string;
  readonly reason: OverrideReason | null;
}

/** What `reporter` saw of `streams` on one day, in document order; never empty. */
export function recordsSeen(
  reporter: Reporter,
  { domain, day }: ReportFacts,
  streams: readonly Stream[],
  random: Random,
): readonly ReportRecord[] {
  const habits = reporter.evidence;
  const seen = streams.flatMap((stream) => batches(stream, arrivals(stream, reporter, day, random), random));
  const heard = seen.length > 0 ? seen : batches(anyStream(streams, random), 1, random);
  return heard
    .flatMap((batch) => judge(batch, domain, habits, random))
    .flatMap((judged) => byRecipient(judged, habits, random))
    .flatMap((record) => inRows(record, habits));
}

function anyStream(streams: readonly Stream[], random: Random): Stream {
  const stream = streams[random.integer(streams.length)];
  if (!stream) throw new RangeError('a domain without streams');
  return stream;
}

function arrivals(stream: Stream, reporter: Reporter, day: number, random: Random): number {
  const weekend = [0, 6].includes(new Date(day * 1000).getUTCDay());
  const mood = stream.weekendShare === 1 ? 1 : 0.85 + random.unit() * 0.3;
  return random.poisson(stream.perDay * reporter.share * mood * (weekend ? stream.weekendShare : 1));
}

/** Spreads messages over the stream's addresses and fates; leaves out what stays empty. */
function batches(stream: Stream, messages: number, random: Random): readonly Batch[] {
  const perAddress = shares(messages, stream.ips.length, random);
  return stream.ips
    .flatMap((ip, index) => byFate(stream, ip, perAddress[index] ?? 0, random))
    .filter((batch) => batch.messages > 0);
}

function byFate(stream: Stream, ip: string, messages: number, random: Random): readonly Batch[] {
  const [usual, ...others] = stream.fates;
  const rare = others.map((fate) => ({ stream, fate, ip, messages: random.binomial(messages, fate.rate) }));
  const rest = messages - rare.reduce((sum, batch) => sum + batch.messages, 0);
  return [{ stream, fate: usual, ip, messages: Math.max(0, rest) }, ...rare];
}

function shares(total: number, parts: number, random: Random): readonly number[] {
  let left = total;
  return Array.from({ length: parts }, (_, index) => {
    const part = random.binomial(left, 1 / (parts - index));
    left -= part;
    return part;
  });
}

/** What the receiver does. `pct` lets a part of what fails through (RFC 7489 section 6.6.4). */
function judge(batch: Batch, domain: PolicyDomain, habits: EvidenceHabits, random: Random): readonly Judged[] {
  const { fate, stream, messages } = batch;
  const policy = stream.headerFrom === domain.name ? domain.p : domain.sp;
  const reason = fate.reason?.type === 'forwarded' ? habits.forwardedAs : fate.reason;
  if (fate.dkim === 'pass' || fate.spf === 'pass') {
    return [{ ...batch, disposition: habits.modern && policy !== 'none' ? 'pass' : 'none', reason }];
  }
  if (reason || policy === 'none') return [{ ...batch, disposition: 'none', reason }];
  const caught = habits.modern ? messages : random.binomial(messages, domain.pct / 100);
  const spared: OverrideReason = { type: 'sampled_out', comment: null };
  return [
    { ...batch, messages: caught, disposition: policy, reason: null },
    { ...batch, messages: messages - caught, disposition: 'none', reason: spared },
  ];
}

function byRecipient(judged: Judged, habits: EvidenceHabits, random: Random): readonly ReportRecord[] {
  const recipients = habits.envelopeTo ?? [null];
  return shares(judged.messages, recipients.length, random).map((count, index) =>
    describe(judged, count, recipients[index] ?? null, habits),
  );
}

function describe(judged: Judged, count: number, envelopeTo: string | null, habits: EvidenceHabits): ReportRecord {
  const { stream, fate } = judged;
  const reason = judged.reason ?? habits.standingReason;
  const spf = { domain: stream.envelopeFrom, scope: habits.scope, result: fate.rawSpf, humanResult: null };
  return {
    sourceIp: judged.ip,
    count,
    disposition: judged.disposition,
    dkim: fate.dkim,
    spf: fate.spf,
    reasons: reason ? [reason] : [],
    headerFrom: stream.headerFrom,
    envelopeFrom: habits.envelopeFrom ? stream.envelopeFrom : null,
    envelopeTo,
    auth: { dkim: fate.rawDkim.map((result) => told(result, habits)), spf: [spf] },
  };
}

function told(result: DkimResult, habits: EvidenceHabits): DkimResult {
  return { ...result, selector: habits.selector ? result.selector : null, humanResult: habits.humanResult };
}

/** None for no messages; one a message where the reporter does not aggregate. */
function inRows(record: ReportRecord, habits: EvidenceHabits): readonly ReportRecord[] {
  const size = record.count <= habits.rowPerMessageUpTo ? 1 : largestCount;
  return Array.from({ length: Math.ceil(record.count / size) }, (_, index) => ({
    ...record,
    count: Math.min(size, record.count - index * size),
  }));
}
