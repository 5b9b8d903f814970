import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { limits } from '../src/config/limits.js';
import type { RawMail } from '../src/model/raw-mail.js';
import { walkMail } from '../src/pipeline.js';
import type { FileHandler } from '../src/pipeline.js';

const xml = (id: number) =>
  `<feedback><report_metadata><org_name>mx.example</org_name><report_id>${id}</report_id><date_range><begin>1788220800</begin><end>1788307199</end></date_range></report_metadata><policy_published><domain>example.org</domain><p>none</p></policy_published></feedback>`;

function aFile(bytes: Uint8Array | string, name = 'a'): RawMail {
  const content = { kind: 'bytes' as const, bytes: Buffer.from(bytes) };
  const origin = { source: 'ingest', folder: '', uidValidity: null, uid: null, path: name };
  return { origin, content, size: content.bytes.length, receivedAt: null };
}

function zipOf(files: number): Uint8Array {
  return zipSync(Object.fromEntries(Array.from({ length: files }, (_, i) => [`${i}.xml`, Buffer.from(xml(i))])));
}

/** Counts what it is given, and calls everything a report. */
function counting(): FileHandler & { labels: string[]; abandoned: number } {
  const handler = {
    labels: [] as string[],
    abandoned: 0,
    open: ({ label }: { label: string }) => {
      handler.labels.push(label);
      return {
        record: () => undefined,
        abandon: () => void (handler.abandoned += 1),
        finish: () => ({ outcome: 'report' as const, reason: '', reportId: handler.labels.length }),
      };
    },
  };
  return handler;
}

const mailWith = (attachment: Uint8Array) =>
  [
    'From: reports@mx.example',
    'Message-ID: <1@mx.example>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'see attachment',
    '--b',
    'Content-Type: application/zip; name=r.zip',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(attachment).toString('base64'),
    '--b--',
    '',
  ].join('\r\n');

describe('a mail', () => {
  it('hands on every report in it, named by part and member', async () => {
    const handler = counting();
    const { outcome, mail } = await walkMail(aFile(mailWith(zipOf(2))), handler, { authservIds: [] });
    expect(handler.labels).toEqual(['r.zip > 0.xml', 'r.zip > 1.xml']);
    expect(outcome).toEqual({ outcome: 'report', reason: '', reportIds: [1, 2] });
    expect(mail?.messageId).toContain('1@mx.example');
  });

  it('is read up to as many files as one mail may bring, and not one more', async () => {
    const read = async (files: number) => {
      const handler = counting();
      const walked = await walkMail(aFile(zipOf(files)), handler, {
        authservIds: [],
        limits: { ...limits, mailFiles: 3 },
      });
      return { files: handler.labels.length, outcome: walked.outcome.outcome };
    };
    expect(await read(3)).toEqual({ files: 3, outcome: 'report' });
    expect(await read(4)).toEqual({ files: 3, outcome: 'report' });
  });

  it('that is too large is not read at all', async () => {
    const handler = counting();
    const bytes = mailWith(zipOf(1));
    const small = { ...limits, mailBytes: bytes.length };
    expect((await walkMail(aFile(bytes), handler, { authservIds: [], limits: small })).outcome.outcome).toBe('report');
    const { outcome } = await walkMail(aFile(`${bytes}x`), handler, { authservIds: [], limits: small });
    expect(outcome.outcome).toBe('oversized');
    expect(handler.labels).toHaveLength(1);
  });

  it('that breaks its handler has the file in hand abandoned', async () => {
    const handler = counting();
    const broken: FileHandler = {
      open: (file) => ({
        ...handler.open(file),
        finish: () => {
          throw new Error('disk full');
        },
      }),
    };
    await expect(walkMail(aFile(xml(1)), broken, { authservIds: [] })).rejects.toThrow('disk full');
    expect(handler.abandoned).toBe(1);
  });
});
