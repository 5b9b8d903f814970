/** Who may import whom; docs/architecture.md says why. Type-only imports count. */

const cupboards = ['model', 'base', 'observe', 'config'];
const leftRooms = ['source', 'mail', 'unpack', 'report', 'store'];
const rightRooms = ['analyse', 'notify', 'serve'];
const rooms = [...leftRooms, ...rightRooms, 'ptr', 'demo'];

const any = (names) => `(${names.join('|')})`;

/** Packages that one room keeps to itself, so that they can be exchanged there. */
const owners = {
  'better-sqlite3': 'store',
  imapflow: 'source',
  'prom-client': 'observe',
  pino: 'observe',
  fastify: 'serve',
  '@fastify': 'serve',
  'fast-xml-parser': 'demo',
  fflate: 'demo',
  'postal-mime': 'mail',
  'smtp-server': 'source',
  nodemailer: 'notify',
  yauzl: 'unpack',
  yaml: 'config',
  commander: 'cli',
};

/** A folder that may import some other folders and nothing else of ours. */
function only(folder, allowed) {
  return {
    name: `${folder}-imports-only`,
    comment: `${folder} may import ${[folder, ...allowed].join(', ')} and packages`,
    severity: 'error',
    from: { path: `^src/${folder}/` },
    to: { path: '^src/', pathNot: `^src/${any([folder, ...allowed])}/` },
  };
}

function keeps([name, folder]) {
  return {
    name: `${name.replace(/\W/g, '')}-only-in-${folder}`,
    severity: 'error',
    from: { path: '^src/', pathNot: `^src/${folder}/` },
    to: { path: `node_modules/${name}/` },
  };
}

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'one-door-a-room',
      comment: 'from outside a room only src/ROOM/ROOM.ts is imported',
      severity: 'error',
      from: { path: '^src/([^/]+)' },
      to: {
        path: `^src/${any(rooms)}/`,
        pathNot: ['^src/$1/', ...rooms.map((room) => `^src/${room}/${room}[.]ts$`)],
      },
    },
    only('base', []),
    only('model', []),
    only('config', ['base']),
    only('observe', ['model', 'base', 'config']),
    ...leftRooms.map((room) => only(room, cupboards)),
    ...rightRooms.map((room) => only(room, [...cupboards, 'store'])),
    {
      name: 'store-writes-reads-and-watches-apart',
      comment:
        'writing, reading and watching share the connection and nothing else; writer.ts and reader.ts bring them together',
      severity: 'error',
      from: { path: '^src/store/(writing|reading|watching)/' },
      to: { path: '^src/store/', pathNot: '^src/store/($1/|(database|epoch|report-end)[.]ts$)' },
    },
    only('ptr', cupboards),
    only('demo', ['model', 'base']),
    {
      name: 'one-asks-the-name-servers',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/base/name-servers[.]ts$' },
      to: { path: '^(node:)?dns(/|$)' },
    },
    {
      name: 'pipeline-knows-the-left-doors',
      severity: 'error',
      from: { path: '^src/pipeline[.]ts$' },
      to: { path: '^src/', pathNot: `^src/${any([...cupboards, ...leftRooms])}/` },
    },
    {
      name: 'watch-knows-store-analyse-notify',
      severity: 'error',
      from: { path: '^src/watch[.]ts$' },
      to: { path: '^src/', pathNot: `^src/${any([...cupboards, 'store', 'analyse', 'notify'])}/` },
    },
    {
      name: 'worker-knows-pipeline-watch-store',
      severity: 'error',
      from: { path: '^src/worker[.]ts$' },
      to: {
        path: '^src/',
        pathNot: `^src/(${any([...cupboards, 'store'])}/|(pipeline|watch|intake|worker-[a-z]+)[.]ts$)`,
      },
    },
    {
      name: 'intake-knows-pipeline-store',
      severity: 'error',
      from: { path: '^src/intake[.]ts$' },
      to: { path: '^src/', pathNot: `^src/(${any([...cupboards, 'store'])}/|pipeline[.]ts$)` },
    },
    {
      name: 'backtest-knows-intake-watch-store',
      severity: 'error',
      from: { path: '^src/backtest[-a-z]*[.]ts$' },
      to: {
        path: '^src/',
        pathNot: `^src/(${any([...cupboards, 'store'])}/|(watch|intake|backtest-[a-z]+)[.]ts$)`,
      },
    },
    {
      name: 'worker-client-knows-the-noun-of-watch',
      severity: 'error',
      from: { path: '^src/worker-client[.]ts$' },
      to: { path: '^src/', pathNot: `^src/(${any(cupboards)}/|(pipeline|watch|intake)[.]ts$)` },
    },
    {
      name: 'worker-client-loads-no-room',
      comment: 'what the thread runs is known to its handle by type only',
      severity: 'error',
      from: { path: '^src/worker-client[.]ts$' },
      to: { path: '^src/(pipeline|watch|intake)[.]ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'stats-thread-knows-store',
      severity: 'error',
      from: { path: '^src/stats-thread[.]ts$' },
      to: { path: '^src/', pathNot: `^src/(${any([...cupboards, 'store'])}/|stats-client[.]ts$)` },
    },
    {
      name: 'stats-client-knows-store',
      severity: 'error',
      from: { path: '^src/stats-client[.]ts$' },
      to: { path: '^src/', pathNot: `^src/${any([...cupboards, 'store'])}/` },
    },
    {
      name: 'stats-client-loads-no-room',
      comment: 'what the thread reads is known to its handle by type only',
      severity: 'error',
      from: { path: '^src/stats-client[.]ts$' },
      to: { path: '^src/store/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'careful-delivery-knows-the-handle',
      severity: 'error',
      from: { path: '^src/careful-delivery[.]ts$' },
      to: { path: '^src/', pathNot: `^src/(${any(cupboards)}/|worker-client[.]ts$)` },
    },
    {
      name: 'watch-schedule-knows-no-room',
      severity: 'error',
      from: { path: '^src/watch-schedule[.]ts$' },
      to: { path: '^src/', pathNot: `^src/${any(cupboards)}/` },
    },
    {
      name: 'service-leaves-mails-to-the-thread',
      comment: 'mails are walked, stored and judged in the thread, never beside it; the demo is opened by its command',
      severity: 'error',
      from: { path: '^src/service[.]ts$' },
      to: { path: '^src/(demo/|(pipeline|intake|watch|worker|stats-thread)[.]ts$)' },
    },
    {
      name: 'main-knows-only-the-command-line',
      severity: 'error',
      from: { path: '^src/main[.]ts$' },
      to: { path: '^src/', pathNot: `^src/${any([...cupboards, 'cli'])}/` },
    },
    {
      name: 'nothing-imports-the-command-line',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli/|main[.]ts$)' },
      to: { path: '^src/(cli/|main[.]ts$)' },
    },
    ...Object.entries(owners).map(keeps),
    {
      name: 'no-tools-at-run-time',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: 'node_modules/@types/' },
    },
    { name: 'resolvable', severity: 'error', from: { path: '^src/' }, to: { couldNotResolve: true } },
    {
      name: 'no-way-out-of-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts|grafana)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
