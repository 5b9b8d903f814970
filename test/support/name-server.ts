import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import ipaddr from 'ipaddr.js';

/** What a name has: TXT when it is a text; else records by type, or no answer, or that the server failed. */
export type NameRecords =
  | string
  | {
      readonly ptr?: readonly string[];
      readonly a?: readonly string[];
      readonly aaaa?: readonly string[];
      readonly end?: 'silent' | 'failed';
    };

export interface NameServer {
  /** `address:port`. */
  readonly address: string;
  readonly asked: string[];
  close(): Promise<void>;
}

/** A name server on loopback that answers over UDP (RFC 1035 section 4.1); silent when `records` is null. */
export async function startNameServer(records: Readonly<Record<string, NameRecords>> | null): Promise<NameServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (question, peer) => {
    const name = nameIn(question);
    asked.push(name);
    const found = records?.[name];
    if (records === null || (typeof found === 'object' && found.end === 'silent')) return;
    socket.send(answerTo(question, found), peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

function nameIn(question: Buffer): string {
  const labels: string[] = [];
  for (let at = 12; (question[at] ?? 0) > 0; at += 1 + (question[at] ?? 0))
    labels.push(question.toString('latin1', at + 1, at + 1 + (question[at] ?? 0)));
  return labels.join('.').toLowerCase();
}

const rcode = { none: 0x8183, failed: 0x8182, found: 0x8180 };

function answerTo(question: Buffer, found: NameRecords | undefined): Buffer {
  const end = 12 + nameIn(question).length + 2 + 4;
  const type = question.readUInt16BE(end - 4);
  const data = found === undefined ? [] : dataOf(found, type);
  const failed = typeof found === 'object' && found.end === 'failed';
  const header = Buffer.alloc(12);
  header.writeUInt16BE(question.readUInt16BE(0), 0);
  header.writeUInt16BE(failed ? rcode.failed : found === undefined ? rcode.none : rcode.found, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(data.length, 6);
  return Buffer.concat([header, question.subarray(12, end), ...data.map((each) => recordOf(type, each))]);
}

function dataOf(found: NameRecords, type: number): readonly Buffer[] {
  const { txt, ptr, a, aaaa } = typeof found === 'string' ? { txt: found } : { ...found, txt: undefined };
  if (type === 16 && txt !== undefined) return [textData(txt)];
  if (type === 12) return (ptr ?? []).map(nameData);
  const addresses = { 1: a, 28: aaaa }[type] ?? [];
  return addresses.map((each) => Buffer.from(ipaddr.parse(each).toByteArray()));
}

function textData(text: string): Buffer {
  const pieces = text.match(/.{1,255}/gs) ?? [];
  return Buffer.concat(
    pieces.map((piece) => Buffer.concat([Buffer.from([piece.length]), Buffer.from(piece, 'latin1')])),
  );
}

/** Labels may hold any byte. */
function nameData(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(label, 'latin1'));
  return Buffer.concat([...labels.flatMap((label) => [Buffer.from([label.length]), label]), Buffer.from([0])]);
}

function recordOf(type: number, data: Buffer): Buffer {
  const record = Buffer.from('c00c00000001000000000000', 'hex');
  record.writeUInt16BE(type, 2);
  record.writeUInt16BE(data.length, 10);
  return Buffer.concat([record, data]);
}
