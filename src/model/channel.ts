import type { Severity } from './finding.js';

/** Ways to tell people, as they are named in the configuration. */
export const channelKinds = [
  'webhook',
  'slack',
  'discord',
  'teams',
  'ntfy',
  'pagerduty',
  'alertmanager',
  'apprise',
  'email',
] as const;

export type ChannelKind = (typeof channelKinds)[number];

/** What a channel wants to be told. Holds no secret: it goes to the writing thread. */
export interface ChannelRoute {
  readonly name: string;
  readonly kind: ChannelKind;
  /** Severities that are told at once; none: all. Digests list every severity. */
  readonly severities: readonly Severity[];
  /** Policy domains, with what is below them; none: all. */
  readonly domains: readonly string[];
  /** Rules; none: all. */
  readonly rules: readonly string[];
  readonly digest: boolean;
  readonly weekly: boolean;
}
