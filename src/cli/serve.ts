import { Failure } from '../base/failure.js';
import type { Config } from '../config/config.js';
import { hasSource, noWayIn } from '../config/read.js';
import { openService } from '../service.js';
import type { CommandContext } from './context.js';
import { version } from './version.js';

/** `ruawatch serve`: runs until a signal. Resolves with the exit code. */
export async function serve(config: Config, { signal }: CommandContext): Promise<number> {
  if (!hasSource(config)) {
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

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
