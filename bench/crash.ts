import { isDeepStrictEqual } from 'node:util';
import { crash } from '../test/support/crash.js';
import { proof } from '../test/support/crash-proof.js';

/** `tsx bench/crash.ts [kills] [seed]`: kills the service at random moments, half of them while it catches up, and proves that nothing was lost or counted twice. */
const kills = Number(process.argv[2] ?? 200);
const seed = Number(process.argv[3] ?? 1);
const catchUp = Math.ceil(kills / 2);

const end = await crash({ catchUp, steady: kills - catchUp, mailsAKill: 120, seed, tell: (line) => console.log(line) });
try {
  const { mails, sink } = end;
  console.log(`\n${kills} kills, seed ${seed}, by what the service had said last:`);
  for (const [said, count] of Object.entries(end.kills)) console.log(`  ${String(count).padStart(5)}  ${said}`);
  const ids = new Set(sink.events.map(({ id }) => id)).size;
  console.log(`${mails.length} mails`);
  console.log(`${ids} notifications, ${sink.events.length - ids} of them delivered again under the same id\n`);
  for (const [what, [is, must]] of Object.entries(proof(end))) {
    const holds = isDeepStrictEqual(is, must);
    console.log(`  ${holds ? 'holds ' : 'BROKEN'}  ${what}`);
    if (holds) continue;
    process.exitCode = 1;
    console.log('    is  ', JSON.stringify(is).slice(0, 2_000), '\n    must', JSON.stringify(must).slice(0, 2_000));
  }
} finally {
  await end.close();
}
