import { systemClock } from '../base/clock.js';
import { Failure } from '../base/failure.js';
import type { Config } from '../config/config.js';
import { hasSource, noWayIn } from '../config/read.js';
import { openService } from '../service.js';
import { hasTokenIn } from '../store/store.js';
import type { CommandContext } from './context.js';
import { version } from './version.js';

export interface ServeOptions {
  /** Leaves every mailbox as it is; the log says what would be done with which mails. */
  readonly dryRun?: boolean;
}

/** `ruawatch serve`: runs until a signal. Resolves with the exit code. */
export async function serve(settings: Config, options: ServeOptions, { signal }: CommandContext): Promise<number> {
  const config = options.dryRun ? withoutTouching(settings) : settings;
  if (!hasSource(config) && !hasTokenIn(config.db, 'push', systemClock.now() / 1000)) {
    throw new Failure(`nothing to watch: ${noWayIn.message}`, {
      hint: `${noWayIn.hint}; \`ruawatch demo\` needs none`,
      exitCode: 2,
    });
  }
  const service = await openService(config, { version });
  await aborted(signal);
  await service.close();
  return 0;
}

function withoutTouching(config: Config): Config {
  return { ...config, mailboxes: config.mailboxes.map((mailbox) => ({ ...mailbox, dry_run: true })) };
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
