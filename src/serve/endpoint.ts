import Type from 'typebox';
import type { Static, TObject, TProperties, TSchema } from 'typebox';
import type { Clock } from '../base/clock.js';
import type { Config } from '../config/config.js';
import type { MailOutcome } from '../model/outcome.js';
import type { RawMail } from '../model/raw-mail.js';
import type { DecisionChange } from '../model/sender.js';
import type { ActionResult, AlertAction } from '../model/telling.js';
import type { HealthProbe } from '../observe/observe.js';
import type { StoreReader } from '../store/store.js';

/** What endpoints answer from. */
export interface ServeContext {
  readonly config: Config;
  readonly reader: StoreReader;
  readonly health: HealthProbe;
  readonly clock: Clock;
  readonly version: string;
  /** Stores mails that are posted; an outcome for each, null for one that could not be stored. Rejects when none could. */
  deliver(mails: readonly RawMail[]): Promise<readonly (MailOutcome | null)[]>;
  /** Writes what the operator says of a sender; false when the domain has no such sender. */
  decide(change: DecisionChange): Promise<boolean>;
  /** Remembers the day (midnight UTC, Unix seconds) on which a stored token was used. */
  tokenUsed(name: string, day: number): Promise<void>;
  /** Does to an alert what a person asked for. */
  act(alertId: string, action: AlertAction): Promise<ActionResult>;
}

/** One JSON path: what it takes, what it answers, and how. */
export interface Endpoint {
  readonly summary: string;
  readonly query: TObject;
  readonly params: TObject;
  readonly answer: TSchema;
  handle(query: unknown, params: unknown): Promise<unknown>;
}

interface Described<Q extends TProperties, P extends TProperties> {
  readonly summary: string;
  readonly query?: Q;
  readonly params?: P;
  readonly answer: TSchema;
  handle(query: Static<TObject<Q>>, params: Static<TObject<P>>): Promise<unknown>;
}

/** The server checks query and parameters against their schemas before it calls `handle`. */
export function endpoint<Q extends TProperties = object & TProperties, P extends TProperties = object & TProperties>(
  described: Described<Q, P>,
): Endpoint {
  const strict = { additionalProperties: false };
  return {
    summary: described.summary,
    query: Type.Object(described.query ?? {}, strict),
    params: Type.Object(described.params ?? {}, strict),
    answer: described.answer,
    handle: (query, params) => described.handle(query as Static<TObject<Q>>, params as Static<TObject<P>>),
  };
}

/** A choice of words as a query parameter. */
export function wordParameter<const W extends string>(words: readonly W[], description: string) {
  return Type.Optional(Type.Unsafe<W>({ type: 'string', enum: [...words], description }));
}
