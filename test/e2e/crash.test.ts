import { afterAll, beforeAll, expect, it } from 'vitest';
import { crash } from '../support/crash.js';
import type { CrashEnd } from '../support/crash.js';
import { proof } from '../support/crash-proof.js';
import { describeWith } from '../support/servers.js';

describeWith(['dovecot'], 'a service that is killed at random moments', () => {
  let end: CrashEnd;

  beforeAll(async () => {
    end = await crash({ catchUp: 6, steady: 6, mailsAKill: 60, seed: 1 });
  }, 180_000);

  afterAll(() => end.close());

  it('has at the end every mail, report, count and notification once, in store, mailbox and sink', () => {
    for (const [what, [is, must]] of Object.entries(proof(end))) expect(is, what).toEqual(must);
    expect(end.sink.events.length).toBeGreaterThan(0);
  });
});
