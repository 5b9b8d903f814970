import { Command, CommanderError } from 'commander';
import type { Config } from '../config/config.js';
import type { StoreSettings } from '../config/store-settings.js';
import type { CheckOptions } from './check.js';
import type { AlertAction } from '../model/telling.js';
import type { AlertOptions } from './alerts.js';
import type { CommandContext } from './context.js';
import type { DemoOptions } from './demo.js';
import type { ExportOptions } from './export.js';
import type { MailOptions } from './mail-choice.js';
import type { NotifyOptions } from './notify.js';
import type { SendersOptions, SetOptions } from './senders.js';
import type { ReplayOptions } from './replay.js';
import type { ServeOptions } from './serve.js';
import type { AddOptions } from './tokens.js';
import { version } from './version.js';

interface Common {
  readonly config?: string;
  readonly db?: string;
}

/** Runs the command line. Resolves with the exit code: 0 done, 1 something was not accepted, 2 wrong use or configuration. */
export async function run(argv: readonly string[], context: CommandContext): Promise<number> {
  const program = new Command('ruawatch');
  let code = 0;
  const action =
    <A extends readonly unknown[]>(work: (...args: A) => Promise<number>) =>
    async (...args: A) => {
      code = await work(...args);
    };
  describe(program);
  addServe(program, action, context);
  addDemo(program, action, context);
  addIngest(program, action, context);
  addParse(program, action, context);
  addBacktest(program, action, context);
  addMails(program, action, context);
  addSenders(program, action, context);
  addReplay(program, action, context);
  addExport(program, action, context);
  addBackup(program, action, context);
  addCheck(program, action, context);
  addNotify(program, action, context);
  addAlerts(program, action, context);
  addTokens(program, action, context);
  addLogin(program, action, context);
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    return argv.includes('--pipe') ? (await import('./pipe.js')).pipeCodes.usage : 2;
  }
  return code;
}

type Action = <A extends readonly unknown[]>(work: (...args: A) => Promise<number>) => (...args: A) => Promise<void>;

function describe(program: Command): void {
  program
    .description(
      'Watches the mailbox behind a DMARC rua= address and says which sender stopped aligning, since when and why.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'ruawatch: ')) })
    .showHelpAfterError('(--help says more)')
    .addHelpText('after', '\nExit codes: 0 done, 1 something was not accepted, 2 wrong use or configuration.');
}

function configured(program: Command, name: string): Command {
  return program
    .command(name)
    .option('-c, --config <file>', 'YAML file (RUAWATCH_CONFIG; else ruawatch.yaml in the working folder)')
    .option('--db <file>', 'SQLite file (RUAWATCH_DB)');
}

function addServe(program: Command, action: Action, context: CommandContext): void {
  configured(program, 'serve')
    .description('the service: polls the mailboxes, stores, judges, notifies, serves HTTP')
    .option('--dry-run', 'read and store as ever, but leave the mailboxes as they are and log what would be done there')
    .action(
      action(async (options: Common & ServeOptions) =>
        (await import('./serve.js')).serve(await settings(options), options, context),
      ),
    );
}

function addDemo(program: Command, action: Action, context: CommandContext): void {
  program
    .command('demo')
    .description('the whole service against an embedded mailbox of generated reports; nothing leaves the machine')
    .option('--days <n>', 'days of reports', '90')
    .option('--listen <address>', 'address and port of the HTTP server; default 127.0.0.1:8080, or a free port')
    .option('--json', 'print whole webhook messages')
    .action(action(async (options: DemoOptions) => (await import('./demo.js')).demo(options, context)));
}

function addIngest(program: Command, action: Action, context: CommandContext): void {
  configured(program, 'ingest')
    .description('reads files, folders, mbox, Maildir or - (standard input) into the store')
    .argument('<path...>')
    .option('--json', 'print the summary as JSON')
    .option('--pipe', 'for a mail server: one mail on standard input; exit code 0 once it is stored, 75 to try again')
    .action(
      action(async (paths: string[], options: Common & { json?: boolean; pipe?: boolean }) => {
        if (options.pipe) {
          if (paths.join() !== '-') program.error('ruawatch: --pipe reads standard input alone: ingest --pipe -');
          return (await import('./pipe.js')).pipe(() => settings(options), context.err);
        }
        const store = await storeSettings(options);
        const { db, domains } = store;
        const [{ ingest }, { originalsOf }] = await Promise.all([
          import('./ingest.js'),
          import('../config/originals.js'),
        ]);
        const originals = originalsOf(store);
        return ingest(paths, { db, senders: store, originals, domains, json: options.json ?? false }, context);
      }),
    );
}

function addMails(program: Command, action: Action, context: CommandContext): void {
  configured(program, 'mails')
    .description('the ledger: every mail seen, what became of it and why, last first')
    .option('--outcome <outcomes>', 'only these, comma separated, such as malformed,failed')
    .option('--since <date>', 'processed on or after this day or time (UTC)')
    .option('--until <date>', 'processed on or before it')
    .option('--json', 'print JSON, one line a mail')
    .action(
      action(async (options: Common & MailOptions & { json?: boolean }) => {
        const [{ mails }, { db }] = await Promise.all([import('./mails.js'), storeSettings(options)]);
        return mails(db, options, context);
      }),
    );
}

function addSenders(program: Command, action: Action, context: CommandContext): void {
  const senders = configured(program, 'senders')
    .description('the senders of each domain: what named them, their class and why')
    .option('--domain <domain>', 'only this policy domain')
    .option('--json', 'print JSON, one line a sender')
    .action(
      action(async (options: Common & SendersOptions) => {
        const [{ senders: list }, { db }] = await Promise.all([import('./senders.js'), storeSettings(options)]);
        return list(db, options, context);
      }),
    );
  senders
    .command('set')
    .description(
      'says what a sender is: known, ignore, threat, or none to take it back; the next evaluation goes by it',
    )
    .argument('<domain>', 'policy domain')
    .argument('<sender>', 'as `ruawatch senders` names it')
    .argument('<decision>', 'known, ignore, threat or none')
    .option('--until <date>', 'the day or time (UTC) when it ends')
    .option('--name <title>', 'a name for people')
    .action(
      action(async (...[domain, sender, decision, options, command]: SetArguments) => {
        const [{ setSender }, { db }] = await Promise.all([
          import('./senders.js'),
          storeSettings(command.optsWithGlobals<Common>()),
        ]);
        return setSender(db, { domain, sender, decision, ...options }, context);
      }),
    );
}

type SetArguments = [domain: string, sender: string, decision: string, options: SetOptions, command: Command];

function addReplay(program: Command, action: Action, context: CommandContext): void {
  configured(program, 'replay')
    .description(
      'reads mails again from their kept originals, in place of what was stored; the service must be stopped',
    )
    .argument('[path...]', 'files or folders that they were found in')
    .option('--outcome <outcomes>', 'mails that ended so, comma separated, such as malformed,failed')
    .option('--since <date>', 'processed on or after this day or time (UTC)')
    .option('--until <date>', 'processed on or before it')
    .option('--id <n...>', 'mails of these numbers in `ruawatch mails`')
    .option('--all', 'every mail')
    .option('--alerts', 'let the service judge what comes out as if it had arrived now')
    .option('--json', 'print the summary as JSON')
    .action(
      action(async (paths: string[], options: Common & ReplayOptions) => {
        const [{ replay }, settings] = await Promise.all([import('./replay.js'), storeSettings(options)]);
        return replay(paths, options, settings, context);
      }),
    );
}

function addExport(program: Command, action: Action, context: CommandContext): void {
  configured(program, 'export')
    .description('writes what is stored to standard output, also while the service runs')
    .requiredOption('--format <format>', 'openmetrics, csv, ndjson, parsedmarc-csv or parsedmarc-json')
    .option('--from <day>', 'event days on or after this day (UTC)')
    .option('--to <day>', 'event days on or before it')
    .option('--domain <domains>', 'only these policy domains, comma separated')
    .action(
      action(async (options: Common & ExportOptions) => {
        const [{ exportStore }, settings] = await Promise.all([import('./export.js'), storeSettings(options)]);
        return exportStore(settings, options, context);
      }),
    );
}

function addBackup(program: Command, action: Action, context: CommandContext): void {
  configured(program, 'backup')
    .description('writes a consistent copy of the database, also while the service runs')
    .argument('<file>', 'a file that is not there yet')
    .action(
      action(async (file: string, options: Common) => {
        const [{ backup }, { db }] = await Promise.all([import('./backup.js'), storeSettings(options)]);
        return backup(db, file, context);
      }),
    );
}

async function storeSettings({ config, db }: Common): Promise<StoreSettings> {
  return (await import('../config/store-settings.js')).readStoreSettings(config, db);
}

function addParse(program: Command, action: Action, { out }: CommandContext): void {
  program
    .command('parse')
    .description('prints what it reads as JSON, one line a report; stores nothing')
    .argument('<path...>', 'files, folders, mbox, or - (standard input)')
    .action(
      action(async (paths: string[]) => {
        const [{ parse }, { openOutput }] = await Promise.all([import('./parse.js'), import('./output.js')]);
        return parse(paths, openOutput(out));
      }),
    );
}

function addBacktest(program: Command, action: Action, context: CommandContext): void {
  program
    .command('backtest')
    .description(
      'prints what would have been told of an archive, and when, had it been read as it arrived; sends nothing, and does not use what you decided by `senders set` or `alerts ignore`: that came later',
    )
    .argument('<path...>', 'mails, mbox, Maildir, report files, or folders of them')
    .option('-c, --config <file>', 'YAML file (RUAWATCH_CONFIG; else ruawatch.yaml in the working folder)')
    .option('--delay <time>', 'from the end of a period to the arrival of a report that is no mail: 90m, 6h, 1d', '6h')
    .option('--domains <names>', 'our policy domains, comma separated (RUAWATCH_DOMAINS; else whatever reports name)')
    .option('--senders', 'print every sender in the end, with its class and the step that decided')
    .action(
      action(async (paths: string[], options: Common & { delay: string; domains?: string; senders?: boolean }) => {
        const [{ backtest }, stored] = await Promise.all([import('./backtest.js'), storeSettings(options)]);
        const domains = options.domains?.split(',').map((each) => each.trim().toLowerCase()) ?? stored.domains;
        const { delay, senders = false } = options;
        const named = { authservIds: stored.authserv_ids, namedSenders: stored.senders };
        return backtest(paths, { delay, domains, ...named, senders }, context);
      }),
    );
}

function addCheck(program: Command, action: Action, context: CommandContext): void {
  configured(program, 'check')
    .description('looks at configuration, mailboxes, store and channels, and says what to do')
    .option('--json', 'print the findings as JSON')
    .option('--send', 'send a test message to every channel')
    .action(
      action(async (options: Common & CheckOptions) =>
        (await import('./check.js')).check(() => settings(options), options, context),
      ),
    );
}

function addNotify(program: Command, action: Action, context: CommandContext): void {
  const notify = program.command('notify').description('whom alerts go to');
  configured(notify, 'test')
    .description('sends a test message to a channel')
    .argument('[channel]', 'name of the channel')
    .option('--all', 'to every channel')
    .action(
      action(async (name: string | undefined, options: Common & NotifyOptions) =>
        (await import('./notify.js')).notifyTest(await settings(options), name, options, context),
      ),
    );
}

function addAlerts(program: Command, action: Action, context: CommandContext): void {
  const alerts = program.command('alerts').description('what was found, and what you say of it');
  const add = (name: string, description: string) =>
    configured(alerts, name).description(description).option('--json', 'print JSON');
  add('list', 'open alerts, gravest first')
    .option('--all', 'resolved ones too')
    .action(
      action(async (options: Common & AlertOptions) =>
        (await import('./alerts.js')).listAlerts(await settings(options), options, context),
      ),
    );
  add('show', 'one alert: what happened, why, what to do')
    .argument('<id>', 'as `ruawatch alerts list` shows it')
    .action(
      action(async (id: string, options: Common & AlertOptions) =>
        (await import('./alerts.js')).showAlert(await settings(options), id, options, context),
      ),
    );
  const change = (kind: AlertAction['kind'], description: string) => {
    const command = add(kind, description).argument('<id>', 'as `ruawatch alerts list` shows it');
    if (kind === 'ignore') command.requiredOption('--until <date>', 'this day or time (UTC)');
    command.action(
      action(async (id: string, options: Common & AlertOptions) =>
        (await import('./alerts.js')).changeAlert(await settings(options), { id, kind }, options, context),
      ),
    );
  };
  change('ack', 'takes an alert in hand: no reminders, its end is told');
  change('ignore', 'tells nothing of what an alert is about until a day');
  change('resolve', 'ends an alert by hand; later failures open it again');
}

function addTokens(program: Command, action: Action, context: CommandContext): void {
  const tokens = program.command('token').description('bearer tokens of the API, also while the service runs');
  configured(tokens, 'add')
    .description('makes a token and prints it, this once')
    .argument('<name>', 'who or what it is for')
    .requiredOption('--scope <scope>', 'read, admin or push; several with --scope each', (word, words?: string[]) => [
      ...(words ?? []),
      word,
    ]) // prettier-ignore
    .option('--expires <days>', 'after this time, such as 90d; without it, never')
    .option('--create', 'makes the database when there is none')
    .action(
      action(async (name: string, options: Common & AddOptions) => {
        const [{ addToken }, { db }] = await Promise.all([import('./tokens.js'), storeSettings(options)]);
        return addToken(db, name, options, context);
      }),
    );
  configured(tokens, 'list')
    .description('name, scopes, when it was made, last used and ends; never the token')
    .option('--json', 'print JSON, one line a token')
    .action(
      action(async (options: Common & { json?: boolean }) => {
        const [{ listTokens }, { db }] = await Promise.all([import('./tokens.js'), storeSettings(options)]);
        return listTokens(db, options, context);
      }),
    );
  configured(tokens, 'revoke')
    .description('ends a token; the running service refuses it at once')
    .argument('<name>', 'as `ruawatch token list` shows it')
    .option('--forget', 'take it from the list as well')
    .action(
      action(async (name: string, options: Common & { forget?: boolean }) => {
        const [{ revokeToken }, { db }] = await Promise.all([import('./tokens.js'), storeSettings(options)]);
        return revokeToken(db, name, options, context);
      }),
    );
}

function addLogin(program: Command, action: Action, context: CommandContext): void {
  configured(program, 'login')
    .description('lets a person log in once for a mailbox with OAuth2, and keeps the refresh token')
    .argument('[mailbox]', 'name of the mailbox; may be left out when there is one')
    .action(
      action(async (mailbox: string | undefined, options: Common) =>
        (await import('./login.js')).login(await settings(options), mailbox, context),
      ),
    );
}

/** Loaded only for the commands that have settings: the schema takes longer to load than a small ingest. */
async function settings({ config, db }: Common): Promise<Config> {
  const [{ processEnvironment }, { readConfig }, { ownConfigFile }] = await Promise.all([
    import('../config/process-environment.js'),
    import('../config/read.js'),
    import('../config/config-file.js'),
  ]);
  const overrides = db === undefined ? {} : { db };
  return readConfig({ path: config, env: processEnvironment(), ownFile: ownConfigFile, overrides });
}
