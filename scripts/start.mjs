// `npm start`: makes the checkout ready, then is `ruawatch` itself: what was asked for, else serve when there is a
// configuration, else the demo. The program runs in this process, so signals and the exit code are its own.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, install, isStale, orExplain, root, say } from './prepare.mjs';

/** Variables of which one is enough to have something to serve. */
const configuring = [
  'RUAWATCH_CONFIG',
  'RUAWATCH_IMAP_HOST',
  'RUAWATCH_DIRECTORY',
  'RUAWATCH_SMTP_LISTEN',
  'RUAWATCH_PUSH_TOKEN',
  'RUAWATCH_PUSH_TOKEN_FILE',
];

function chosenCommand() {
  const given = process.argv.slice(2);
  if (given.length > 0) return given;
  if (configuring.some((name) => (process.env[name] ?? '') !== '') || existsSync('ruawatch.yaml')) return ['serve'];
  say(`no ${configuring.join(', ')} and no ./ruawatch.yaml: starting the demo`);
  return ['demo'];
}

/** Ctrl-C reaches this process from the terminal and again through npm: what follows within a second is the same wish. */
function countSignalsOnce() {
  const emit = process.emit;
  let last = -Infinity;
  process.emit = function once(event, ...rest) {
    if (event === 'SIGINT' || event === 'SIGTERM') {
      const before = last;
      last = performance.now();
      if (last - before < 1000) return true;
    }
    return Reflect.apply(emit, this, [event, ...rest]);
  };
}

orExplain(() => {
  install(isStale());
  build();
});
countSignalsOnce();
const main = join(root, 'dist/main.js');
process.argv = [process.execPath, main, ...chosenCommand()];
await import(pathToFileURL(main).href);
