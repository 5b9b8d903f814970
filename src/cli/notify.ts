import { systemClock } from '../base/clock.js';
import { Failure, messageOf } from '../base/failure.js';
import { plainText } from '../base/text.js';
import type { ChannelConfig, Config } from '../config/config.js';
import { channelsOf, channelTitle, sendTest } from '../notify/notify.js';
import type { CommandContext } from './context.js';

export interface NotifyOptions {
  readonly all?: boolean;
}

/** `ruawatch notify test`: a test message to one channel or to all. Resolves with the exit code. */
export async function notifyTest(
  config: Config,
  name: string | undefined,
  options: NotifyOptions,
  { out, signal }: CommandContext,
): Promise<number> {
  let code = 0;
  for (const channel of chosen(channelsOf(config), name, options)) {
    try {
      const said = await sendTest(channel, { clock: systemClock, signal });
      out.write(`✓ ${plainText(channelTitle(channel))}: ${plainText(said, 400)}\n`);
    } catch (error) {
      code = 1;
      const hint = error instanceof Failure ? `\n    ${plainText(error.hint, 400)}` : '';
      out.write(`✗ ${plainText(messageOf(error), 400)}${hint}\n`);
    }
  }
  return code;
}

function chosen(
  channels: readonly ChannelConfig[],
  name: string | undefined,
  { all }: NotifyOptions,
): readonly ChannelConfig[] {
  if (channels.length === 0) {
    throw new Failure('no channel is configured', { hint: 'docs/channels.md has a sample of each', exitCode: 2 });
  }
  const hint = `there are: ${channels.map((each) => each.name).join(', ')}`;
  if ((name === undefined) === (all !== true)) {
    throw new Failure('name one channel, or say --all', { hint, exitCode: 2 });
  }
  const found = channels.filter((each) => all === true || each.name === name);
  if (found.length > 0) return found;
  throw new Failure(`there is no channel "${plainText(name ?? '', 64)}"`, { hint, exitCode: 2 });
}
