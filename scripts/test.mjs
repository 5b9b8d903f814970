// `npm test`: makes the checkout ready, then runs vitest with the given arguments. The real servers are installed only in CI
// or with --install.
import { spawn } from 'node:child_process';
import { needServers } from './install-servers.mjs';
import { build, install, orExplain, root } from './prepare.mjs';

const installFlag = '--install';
const given = process.argv.slice(2);

orExplain(() => {
  install();
  build();
  needServers(process.env.CI === 'true' || given.includes(installFlag));
});

const args = ['node_modules/vitest/vitest.mjs', 'run', ...given.filter((each) => each !== installFlag)];
const vitest = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => vitest.kill(signal));
vitest.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
