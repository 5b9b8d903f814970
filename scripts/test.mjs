// `npm test`: makes the checkout ready, with the real servers, then runs vitest with the given arguments.
import { spawn } from 'node:child_process';
import { installServers } from './install-servers.mjs';
import { build, install, orExplain, root } from './prepare.mjs';

orExplain(() => {
  install();
  build();
  installServers();
});

const vitest = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => vitest.kill(signal));
vitest.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
