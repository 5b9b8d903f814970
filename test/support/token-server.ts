import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { portOf } from './ports.js';

/** What was posted to the token or device endpoint. */
export type Form = Readonly<Record<string, string>>;

export interface TokenAnswer {
  readonly status?: number;
  readonly type?: string;
  /** An object is sent as JSON. */
  readonly body: object | string;
}

/** Answers one request by hand: for servers that are slow, huge or rude. */
export type Raw = (request: IncomingMessage, response: ServerResponse) => void;

/** An authorization server on loopback: token, device and introspection endpoint. */
export interface TokenServer {
  readonly tokenUrl: string;
  readonly deviceUrl: string;
  readonly introspectionUrl: string;
  /** Forms posted to the token endpoint, oldest first. */
  readonly asked: readonly Form[];
  /** Forms posted to the device endpoint. */
  readonly askedForCode: readonly Form[];
  /** Tokens that the mail server asked about. */
  readonly introspected: readonly string[];
  /** Tokens that introspection vouches for. */
  readonly good: Set<string>;
  /** What the token endpoint answers from now on; default: a good token `access-N` of an hour. */
  answer: (form: Form) => TokenAnswer | Raw;
  device: (form: Form) => TokenAnswer | Raw;
  stop(): Promise<void>;
}

/** `user`: whom the mail server takes a good token for. */
export async function startTokenServer({ user = 'dmarc', port = 0 } = {}): Promise<TokenServer> {
  const asked: Form[] = [];
  const askedForCode: Form[] = [];
  const introspected: string[] = [];
  const good = new Set<string>();
  const server = createServer((request, response) => {
    void respond(request, response);
  });
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await bodyOf(request);
    const form = Object.fromEntries(new URLSearchParams(text));
    if (request.url === '/introspect') {
      const token = (request.headers.authorization ?? '').replace('Bearer ', '');
      introspected.push(token);
      send(response, { body: good.has(token) ? { active: true, username: user } : { active: false } });
      return;
    }
    const isDevice = request.url === '/device';
    (isDevice ? askedForCode : asked).push(form);
    const answer = isDevice ? running.device(form) : running.answer(form);
    if (typeof answer === 'function') answer(request, response);
    else send(response, answer);
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const base = `http://127.0.0.1:${portOf(server)}`;
  const running: TokenServer = {
    tokenUrl: `${base}/token`,
    deviceUrl: `${base}/device`,
    introspectionUrl: `${base}/introspect`,
    asked,
    askedForCode,
    introspected,
    good,
    answer: () => {
      const token = `access-${asked.length}`;
      good.add(token);
      return granted(token);
    },
    device: () => ({ status: 404, body: 'no such page' }),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return running;
}

export function granted(token: string, more: object = {}): TokenAnswer {
  return { body: { access_token: token, token_type: 'Bearer', expires_in: 3600, ...more } };
}

export function refused(error: string, description?: string, status = 400): TokenAnswer {
  return { status, body: { error, error_description: description } };
}

/** Two lines of Dovecot's configuration and the file that the second names: it asks the introspection endpoint about every token. */
export function dovecotPassdb(file: string, mechanisms: string): string {
  return `auth_mechanisms = plain ${mechanisms}\npassdb {\n  driver = oauth2\n  mechanisms = ${mechanisms}\n  args = ${file}\n}\n`;
}

export function dovecotOauth(introspectionUrl: string): string {
  return `introspection_mode = auth
introspection_url = ${introspectionUrl}
username_attribute = username
active_attribute = active
active_value = true
`;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, { status = 200, type = 'application/json', body }: TokenAnswer): void {
  response.writeHead(status, { 'content-type': type });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
