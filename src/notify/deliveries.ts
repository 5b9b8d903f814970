import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { ChannelConfig } from '../config/config.js';
import type { ProblemData } from '../model/alert.js';
import { openBell } from './bell.js';
import { runDelivery } from './delivery.js';
import type { DeliveryDeps, Trouble } from './delivery.js';
import { composeProblem } from './payload.js';
import { rendered } from './route.js';

export type DeliveriesDeps = Omit<DeliveryDeps, 'channel' | 'bell' | 'tellElsewhere'> & {
  readonly channels: readonly ChannelConfig[];
};

/** The loops of all channels. */
export interface Deliveries {
  /** Messages were put into the outbox. */
  wake(): void;
  /** Resolves when the signal was aborted and every loop has ended. */
  readonly done: Promise<void>;
}

/** Starts a loop for each channel, so that one that is down does not hold up the others. Drops what waits for channels that are gone from the configuration. */
export function startDeliveries({ channels, ...deps }: DeliveriesDeps): Deliveries {
  // Every channel listens for the end.
  setMaxListeners(0, deps.signal);
  const bells = new Map(channels.map(({ name }) => [name, openBell()]));
  const down = new Set<string>();
  const tellElsewhere = async (channel: ChannelConfig, trouble: Trouble): Promise<void> => {
    if (trouble === 'gone') down.add(channel.name);
    const other = channels.find(({ name }) => name !== channel.name && !down.has(name));
    if (other === undefined) return;
    const now = deps.clock.now();
    const message = composeProblem(newId(), Math.floor(now / 1000), problemOf(channel, trouble));
    await deps.outbox.put(rendered(message, { name: other.name, kind: other.type }), now);
    bells.get(other.name)?.wake();
  };
  const loops = channels.map((channel) => {
    const bell = bells.get(channel.name) ?? openBell();
    return runDelivery({ ...deps, channel, bell, tellElsewhere: (trouble) => tellElsewhere(channel, trouble) });
  });
  const done = Promise.all([dropForeign(channels, deps), ...loops]).then(() => undefined);
  return { wake: () => bells.forEach((bell) => bell.wake()), done };
}

function newId(): string {
  return `msg_${randomBytes(12).toString('hex')}`;
}

function problemOf({ name }: ChannelConfig, trouble: Trouble): ProblemData {
  const gone = 'Its receiver says that it is gone for good (410). Nothing more is sent to it.';
  const dropped = 'It did not take a message in any attempt of more than three days.';
  return {
    part: 'channel',
    name,
    summary: trouble === 'gone' ? gone : dropped,
    next_steps: [`Correct it or remove it, start ruawatch again, and run: ruawatch notify test ${name}`],
  };
}

async function dropForeign(
  channels: readonly ChannelConfig[],
  { outbox, events }: Pick<DeliveriesDeps, 'outbox' | 'events'>,
): Promise<void> {
  try {
    for (const each of await outbox.keepOnly(channels.map(({ name, type }) => ({ name, kind: type })))) {
      const what = each.messages === 1 ? 'a message is' : `${each.messages} messages are`;
      events.warn(`${what} dropped: the channel ${each.channel} is no longer configured as it was`);
    }
  } catch {
    // What stays is dropped at the next start; a store that fails is told of by whoever writes to it.
  }
}
