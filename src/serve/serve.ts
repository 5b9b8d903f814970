import { fastify, LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { codeOf, Failure, messageOf } from '../base/failure.js';
import { limits } from '../config/limits.js';
import type { Log, Metrics } from '../observe/observe.js';
import { guard } from './access.js';
import { allowOrigins } from './cors.js';
import { documentation } from './documentation.js';
import type { ServeContext } from './endpoint.js';
import { secureHeaders } from './headers.js';
import { keepAnswers } from './kept-answers.js';
import { isLoopback, listenerOf } from './listener.js';
import { limitRate } from './rate.js';
import { answerUnrouted, refuse } from './refused.js';
import { routes } from './routes.js';

/** What the server needs. */
export interface ServeDeps extends ServeContext {
  readonly metrics: Metrics;
  readonly log: Log;
}

export interface Server {
  /** `http://host:port`, with the port that was bound. */
  readonly address: string;
  /** Answers what is in hand, for at most five seconds, then cuts. */
  close(): Promise<void>;
}

const drainMs = 5_000;
const requestMs = 10_000;
/** A large mail over a slow line. */
const bodyMs = 120_000;
/** Statistics over millions of rows on a busy machine; Grafana gives up after 30 s. */
const answerMs = 60_000;
const keepAliveMs = 20_000;
const headerBytes = 16 * 1024;
/** No path takes a body but the one that mails are posted to. */
const bodyBytes = 1024;
const connections = 500;

/** Listens. Rejects with a Failure that names the setting when it cannot. */
export async function openServer(deps: ServeDeps): Promise<Server> {
  const app = await build(deps);
  const { host, port } = listenerOf(deps.config.listen);
  await warnOpen(deps);
  try {
    const address = await app.listen({ host, port });
    return { address, close: () => close(app, deps) };
  } catch (error) {
    await app.close();
    throw cannotListen(deps.config.listen, error);
  }
}

async function warnOpen({ config, reader, log }: ServeDeps): Promise<void> {
  if (config.api_token !== null || isLoopback(config.listen)) return;
  if ((await reader.apiTokens()).length > 0) return;
  log.warn(
    { listen: config.listen },
    'the API and the pages are open to whoever reaches this address; set api_token (RUAWATCH_API_TOKEN) or make a token with `ruawatch token add`, and set public_url (RUAWATCH_PUBLIC_URL) for links in alerts',
  );
}

async function build({ metrics, log, reader, ...rest }: ServeDeps): Promise<FastifyInstance> {
  const context = { ...rest, reader: keepAnswers(reader) };
  // It would tell every address it listens on; the service has its own line for that.
  const logger: FastifyBaseLogger = log.child({}, { level: 'warn' });
  const app: FastifyInstance = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: context.config.trusted_proxies.length > 0 && [...context.config.trusted_proxies],
    frameworkErrors: answerUnrouted,
    bodyLimit: bodyBytes,
    requestTimeout: bodyMs,
    connectionTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    routerOptions: { maxParamLength: 200 },
    http: { maxHeaderSize: headerBytes, headersTimeout: requestMs },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, strict: false } },
  });
  app.server.maxConnections = connections;
  secureHeaders(app);
  allowOrigins(app, context.config.cors_origins);
  limitRate(app, context.clock, limits);
  const mayRead = guard(app, context, limits);
  awaitAnswers(app);
  refuse(app);
  await documentation(app, context.version, context.config.public_url);
  routes(app, context, { metrics, mayRead });
  return app;
}

/** Nothing moves on a connection while an answer is worked out: that is no reason to cut it. The next request on it begins anew. */
function awaitAnswers(app: FastifyInstance): void {
  app.addHook('onRequest', ({ method, raw }, _reply, done) => {
    if (method === 'GET') raw.socket.setTimeout(answerMs);
    done();
  });
}

async function close(app: FastifyInstance, { clock }: ServeDeps): Promise<void> {
  const drained = new AbortController();
  const cut = clock.sleep(drainMs, drained.signal).then(() => {
    if (!drained.signal.aborted) app.server.closeAllConnections();
  });
  await app.close();
  drained.abort();
  await cut;
}

function cannotListen(listen: string, error: unknown): Failure {
  const hints: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there; stop it or set listen (RUAWATCH_LISTEN) to another port',
    EADDRNOTAVAIL:
      'this machine does not have that address; set listen (RUAWATCH_LISTEN) to one of its own, or to 0.0.0.0 or [::]',
    EACCES: 'this user may not listen on that port; set listen (RUAWATCH_LISTEN) to a port from 1024 up',
    ENOTFOUND: 'that host name is not known; set listen (RUAWATCH_LISTEN) to an address of this machine',
    EAFNOSUPPORT: 'this machine has no such kind of address; set listen (RUAWATCH_LISTEN) to an IPv4 address',
  };
  const code = codeOf(error);
  return new Failure(`cannot listen on ${listen}: ${code || messageOf(error)}`, {
    hint: hints[code] ?? 'check listen (RUAWATCH_LISTEN), ADDRESS:PORT',
    exitCode: 2,
    cause: error,
  });
}
