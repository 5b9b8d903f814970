import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runRuawatch, startRuawatch } from '../support/ruawatch.js';
import type { Env, Finished } from '../support/ruawatch.js';
import { sampleStore } from '../support/sample-store.js';
import type { SampleStore } from '../support/sample-store.js';

const token = 'an-api-token-of-ours';
let store: SampleStore;

beforeEach(() => {
  store = sampleStore();
});

afterEach(() => store.close());

function run(args: readonly string[], env: Env = {}): Promise<Finished> {
  return runRuawatch(['alerts', ...args], { env: { RUAWATCH_DB: store.path, ...env } });
}

describe('alerts', () => {
  it('lists what is open and shows one', async () => {
    const listed = await run(['list']);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout).toBe(
      'al_1  warning  open since 2026-03-04T07:00:00Z  example.net"><script>: 8 of 8 messages failed\n',
    );
    const shown = await run(['show', 'al_1', '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ alert_id: 'al_1', acked_at: null, ignored_until: null });
    expect(await run(['show', 'al_9'])).toMatchObject({ code: 1, stdout: '' });
  });

  it('changes the store while no service runs', async () => {
    expect((await run(['ack', 'al_1'])).stdout).toContain(', acknowledged 2');
    expect((await run(['ignore', 'al_1', '--until', '2090-01-01'])).stdout).toContain('ignored until 2090-01-01T00:00');
    expect((await run(['resolve', 'al_1'])).stdout).toContain('resolved (manual)');
    expect(await run(['resolve', 'al_1'])).toMatchObject({ code: 1, stdout: '' });
    expect((await run(['list'])).stdout).toBe('');
    expect((await run(['list', '--all'])).stdout).toContain('al_1');
  });

  it.each(['2001-01-01', 'soon'])('ignores nothing until %s', async (until) => {
    const refused = await run(['ignore', 'al_1', '--until', until]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('is no day or time to come');
  });

  it('goes through the API while the service runs', async () => {
    const service = await startRuawatch({
      RUAWATCH_DB: store.path,
      RUAWATCH_API_TOKEN: token,
      RUAWATCH_PUSH_TOKEN: 'a-push-token-of-ours',
    });
    const listen = { RUAWATCH_LISTEN: new URL(service.base).host };
    const refused = await run(['ack', 'al_1'], listen);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('set api_token');
    const acked = await run(['ack', 'al_1', '--json'], { ...listen, RUAWATCH_API_TOKEN: token });
    expect(acked).toMatchObject({ code: 0, stderr: '' });
    expect((JSON.parse(acked.stdout) as { acked_at: unknown }).acked_at).not.toBeNull();
    expect(await service.stop()).toBe(0);
  });
});
