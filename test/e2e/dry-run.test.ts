import { afterEach, beforeEach, expect, it } from 'vitest';
import { backlogMail } from '../support/crash-mails.js';
import type { CrashMail } from '../support/crash-mails.js';
import { startDovecot } from '../support/dovecot.js';
import type { Dovecot } from '../support/dovecot.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { startRuawatch, until } from '../support/ruawatch.js';
import type { Env, Running } from '../support/ruawatch.js';
import { describeWith } from '../support/servers.js';

describeWith(['dovecot'], 'serve --dry-run', () => {
  let folder: TempFiles;
  let dovecot: Dovecot;
  let env: Env;
  let services: Running[];

  beforeEach(async () => {
    services = [];
    folder = await tempFiles();
    dovecot = await startDovecot({ tls: false });
    const { host, port, user, password } = dovecot;
    const account = `host: ${host}, port: ${port}, tls: none, user: ${user}, password: ${password}`;
    const actions =
      'after_done: "move:Done", after_duplicate: delete, after_not_a_report: seen, after_failed: "flag:Bad"';
    const config = `mailboxes:\n  - { name: rua, ${account}, poll_seconds: 1, ${actions} }\n`;
    env = { RUAWATCH_CONFIG: folder.write('ruawatch.yaml', config), RUAWATCH_DB: folder.at('ruawatch.db') };
  });

  afterEach(async () => {
    for (const service of services) await service.stop();
    await dovecot.stop();
    await folder.remove();
  });

  const serve = async (...args: readonly string[]): Promise<Running> => {
    const service = await startRuawatch(env, args);
    services.push(service);
    return service;
  };

  const linesOf = (service: Running): readonly Readonly<Record<string, unknown>>[] =>
    service
      .log()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

  it('stores what comes and says what would be done with it; without it that is done', async () => {
    const numbers = [13, 14, 19, 24];
    const sent: readonly CrashMail[] = numbers.map(backlogMail);
    expect(sent.map(({ outcome }) => outcome)).toEqual(['report', 'duplicate', 'malformed', 'not-a-report']);
    await dovecot.deliver(sent.map(({ raw }) => raw));

    const dry = await serve('--dry-run');
    await until(async () => (await dry.metric('dmarc_mailbox_polls_total{mailbox="rua"}')) !== 0);
    await dry.stop();
    const told = linesOf(dry).filter(({ would }) => would !== undefined);
    expect(told.map(({ folder: where, would, uids }) => [where, would, uids])).toEqual([
      ['INBOX', 'move:Done', '1'],
      ['INBOX', 'delete', '2'],
      ['INBOX', 'flag:Bad', '3'],
      ['INBOX', 'seen', '4'],
    ]);
    expect([...(await dovecot.flags()).values()]).toEqual([[], [], [], []]);

    const real = await serve();
    await until(async () => (await dovecot.flags()).get(4)?.length === 1);
    await real.stop();
    expect(await dovecot.flags()).toEqual(
      new Map([
        [3, ['Bad']],
        [4, ['\\Seen']],
      ]),
    );
    expect((await dovecot.flags('Done')).size).toBe(1);
  });
});
