import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Static } from 'typebox';
import { digestPath } from '../../base/digest.js';
import { Gathered } from '../../base/gathered.js';
import { plainText } from '../../base/text.js';
import { limits } from '../../config/limits.js';
import { errorAnswer, pushAnswer } from '../../model/api.js';
import type { PushAnswer } from '../../model/api.js';
import type { RawMail } from '../../model/raw-mail.js';
import type { ServeContext } from '../endpoint.js';
import { Refusal } from '../refusal.js';

/** An answer may wait for the transaction of a report of a million rows. */
const waitMs = 300_000;

const query = Type.Object(
  {
    source: Type.Optional(
      Type.Unsafe<'http' | 'stdin'>({
        type: 'string',
        enum: ['http', 'stdin'],
        description: 'What the ledger calls it: http (the default), or stdin, for a pipe that hands its mail over.',
      }),
    ),
    name: Type.Optional(
      Type.String({ maxLength: 255, description: 'File name of a bare report file; it may tell the policy domain.' }),
    ),
  },
  { additionalProperties: false },
);

const schema = {
  summary: 'Takes a mail or a report file; the same bytes again are answered from the ledger',
  description: `The body is the mail (message/rfc822) or the report file (any other type) itself, at most ${limits.mailBytes} bytes. Needs a bearer token with the scope push, or push_token or api_token.`,
  tags: ['store'],
  consumes: ['message/rfc822', 'application/octet-stream'],
  querystring: query,
  response: {
    200: pushAnswer('These bytes came before: what became of them then.'),
    202: pushAnswer('Committed.'),
    400: errorAnswer,
    401: errorAnswer,
    403: errorAnswer,
    413: errorAnswer,
    415: errorAnswer,
    429: errorAnswer,
    503: errorAnswer,
  },
};

/** POST /api/v1/mails. Answers once the mail is committed, whatever its outcome. */
export function push(app: FastifyInstance, context: ServeContext): void {
  // A scope of its own: no other path takes a body.
  void app.register((scope, _options, done) => {
    const arriving = new Arriving();
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request: FastifyRequest, payload: IncomingMessage) => bodyOf(payload));
    scope.post<{ Querystring: Static<typeof query> }>(
      '/api/v1/mails',
      {
        schema,
        config: { scope: 'push' },
        onRequest: (request, reply, next) => {
          refuseForm(request);
          arriving.admit(request, reply);
          next();
        },
      },
      async (request, reply) => {
        const { body } = request;
        if (!Buffer.isBuffer(body) || body.length === 0) {
          throw new Refusal(400, 'bad_parameter', 'the body is empty; send the mail or the report file itself', 'body');
        }
        request.raw.socket.setTimeout(waitMs);
        const answer = await take(context, rawMail(body, request.query));
        return reply.code(answer.known ? 200 : 202).send(answer);
      },
    );
    done();
  });
}

/** The library would keep every piece by itself, and a chunked body may come in pieces of a byte. */
async function bodyOf(payload: IncomingMessage): Promise<Buffer> {
  const gathered = new Gathered();
  for await (const piece of payload.iterator({ destroyOnReturn: false })) {
    const bytes = piece as Buffer;
    if (gathered.length + bytes.length > limits.mailBytes) {
      // The rest is thrown away as it comes, so that the answer is heard.
      payload.resume();
      throw tooLarge();
    }
    gathered.add(bytes);
  }
  return gathered.bytes();
}

function tooLarge(): Refusal {
  return new Refusal(413, 'too_large', `the request is larger than ${limits.mailBytes} bytes`);
}

async function take({ reader, deliver }: ServeContext, mail: RawMail): Promise<PushAnswer> {
  const before = await lineOf(reader, mail);
  if (before) return { ...before, known: true };
  const [outcome] = await deliver([mail]).catch(() => [null]);
  const line = outcome ? await lineOf(reader, mail) : null;
  if (line) return { ...line, known: false };
  throw new Refusal(503, 'store_unavailable', 'the mail could not be stored; send it again later, the log says why');
}

async function lineOf(reader: ServeContext['reader'], { origin, size }: RawMail) {
  const line = await reader.handed(origin.source, origin.path ?? '', size);
  return line && { ...line, report_ids: [...line.report_ids] };
}

function rawMail(bytes: Buffer, { source = 'http', name }: Static<typeof query>): RawMail {
  return {
    origin: { source, folder: '', uidValidity: null, uid: null, path: digestPath(bytes) },
    content: { kind: 'bytes', bytes },
    size: bytes.length,
    receivedAt: null,
    name: name === undefined ? null : plainText(name, 255),
  };
}

/** A form wraps the file in text of its own, and nobody would notice that the report in it was not found. */
function refuseForm({ headers }: FastifyRequest): void {
  if (!headers['content-type']?.toLowerCase().startsWith('multipart/')) return;
  throw new Refusal(415, 'unsupported_type', 'send the bytes themselves, not a form (curl: --data-binary @FILE)');
}

/** Bodies are held in memory while they arrive; together they are bounded. */
class Arriving {
  #bytes = 0;

  /** Makes room until the answer is out or the connection is gone; a body of unknown length takes as much as it may. */
  admit({ headers }: FastifyRequest, reply: FastifyReply): void {
    const bytes = Number(headers['content-length'] ?? limits.mailBytes);
    if (bytes > limits.mailBytes) throw tooLarge();
    if (this.#bytes + bytes > limits.arrivingBytes) {
      throw new Refusal(503, 'busy', 'too many mails arrive at the moment; send it again later');
    }
    this.#bytes += bytes;
    reply.raw.once('close', () => (this.#bytes -= bytes));
  }
}
