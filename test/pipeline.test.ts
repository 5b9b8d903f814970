import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { limits } from '../src/config/limits.js';
import type { RawMail } from '../src/model/raw-mail.js';
import { latestPeriodEnd, walkMail } from '../src/pipeline.js';
import type { Reading } from '../src/model/report.js';
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
function counting(): FileHandler & { labels: string[]; endings: string[]; abandoned: number } {
  const handler = {
    labels: [] as string[],
    /** What the reader said of each. */
    endings: [] as string[],
    abandoned: 0,
    open: ({ label }: { label: string }) => {
      handler.labels.push(label);
      return {
        record: () => undefined,
        abandon: () => void (handler.abandoned += 1),
        finish: ({ outcome }: Reading) => {
          handler.endings.push(outcome);
          return { outcome: 'report' as const, reason: '', reportId: handler.labels.length };
        },
      };
    },
  };
  return handler;
}

const mailWith = (attachment: Uint8Array) => mailOf([{ name: 'r.zip', bytes: attachment }]);

const mailOf = (attached: readonly { readonly name: string; readonly bytes: Uint8Array }[]) =>
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
    ...attached.flatMap(({ name, bytes }) => [
      '--b',
      `Content-Type: application/octet-stream; name=${name}`,
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(bytes).toString('base64'),
    ]),
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

  it('unpacks no more bytes than one mail may, however many parts they are in', async () => {
    const attached = ['a.xml.gz', 'b.xml.gz', 'c.xml.gz'];
    const mail = mailOf(attached.map((name) => ({ name, bytes: gzipSync(xml(1)) })));
    const read = async (unpackedTotalBytes: number) => {
      const handler = counting();
      const bounds = { ...limits, unpackedTotalBytes };
      const { outcome } = await walkMail(aFile(mail), handler, { authservIds: [], limits: bounds });
      return { files: handler.labels, outcome: outcome.outcome, endings: handler.endings };
    };
    const all = 3 * xml(1).length;
    expect(await read(all)).toMatchObject({ files: attached, endings: ['report', 'report', 'report'] });
    expect(await read(all - 100)).toMatchObject({ files: attached, endings: ['report', 'report', 'partial'] });
    expect(await read((all / 3) * 2)).toMatchObject({ files: attached.slice(0, 2), endings: ['report', 'report'] });
  });

  it('tells of the file that cannot be read beside the report that can', async () => {
    const cut = Buffer.from(zipOf(1)).subarray(0, 40);
    const attached = [
      { name: 'good.zip', bytes: zipOf(1) },
      { name: 'cut.zip', bytes: cut },
    ];
    const { outcome } = await walkMail(aFile(mailOf(attached)), counting(), { authservIds: [] });
    expect(outcome.outcome).toBe('report');
    expect(outcome.reason).toContain('cut.zip');
  });

  it('tells that it was not read to its end', async () => {
    const attached = [1, 2, 3].map((id) => ({ name: `${id}.xml.gz`, bytes: gzipSync(xml(id)) }));
    const read = async (mailParts: number) =>
      (await walkMail(aFile(mailOf(attached)), counting(), { authservIds: [], limits: { ...limits, mailParts } }))
        .outcome;
    expect(await read(4)).toEqual({ outcome: 'report', reason: '', reportIds: [1, 2, 3] });
    expect(await read(3)).toMatchObject({ outcome: 'report', reportIds: [1, 2] });
    expect((await read(3)).reason).toContain('not read to its end');
  });

  it('of no bytes is malformed', async () => {
    const { outcome } = await walkMail(aFile(''), counting(), { authservIds: [] });
    expect(outcome).toEqual({ outcome: 'malformed', reason: 'the file is empty', reportIds: [] });
  });

  it.each([
    ['the member', 'r.zip', 'a!example.net!1788220800!1788307199.xml'],
    ['the part when the member says nothing', 'a!example.net!1788220800!1788307199.zip', ''],
  ])('gives the reader the name of %s', async (_of, part, member) => {
    const readings: Reading[] = [];
    const handler = counting();
    const open: FileHandler['open'] = (file) => ({
      ...handler.open(file),
      finish: (reading) => {
        readings.push(reading);
        return { outcome: 'report', reason: '', reportId: 1 };
      },
    });
    const report = Buffer.from(xml(1).replace('<domain>example.org</domain>', ''));
    const bytes = member === '' ? gzipSync(report) : zipSync({ [member]: report });
    await walkMail(aFile(mailOf([{ name: part, bytes }])), { ...handler, open }, { authservIds: [] });
    expect(readings.map(({ header }) => header?.policy.domain)).toEqual(['example.net']);
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

  it('inside a bounce is not handed on, forwarded it is', async () => {
    const inside = (type: string, first: string) =>
      [
        'From: admin@example.org',
        `Content-Type: ${type}; boundary=out`,
        '',
        '--out',
        first,
        '--out',
        'Content-Type: message/rfc822',
        '',
        mailWith(zipOf(1)),
        '--out--',
      ].join('\r\n');
    const handler = counting();
    const read = (mail: string) => walkMail(aFile(mail), handler, { authservIds: [] });
    const returned = await read(
      inside(
        'multipart/report; report-type=delivery-status',
        'Content-Type: message/delivery-status\r\n\r\nAction: failed',
      ),
    );
    expect([returned.outcome.outcome, handler.labels]).toEqual(['bounce', []]);
    const forwarded = await read(inside('multipart/mixed', '\r\nsee below'));
    expect([forwarded.outcome.outcome, handler.labels]).toEqual(['report', ['r.zip > 0.xml']]);
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

it('what a stranger wrote in the name of a server of ours is not believed', async () => {
  const results = 'Authentication-Results: mx.example.org; dmarc=pass header.from=mx.example\r\n';
  const raw = aFile(results + mailWith(zipOf(1)));
  const walked = async (fromStranger: boolean) => {
    const { mail } = await walkMail({ ...raw, fromStranger }, counting(), { authservIds: ['mx.example.org'] });
    return mail?.authenticity;
  };
  expect(await walked(false)).toBe('verified');
  expect(await walked(true)).toBe('unverified');
});

describe('the latest end of a period', () => {
  const later = xml(2).replace('1788307199', '1788393599');

  it('is that of a bare file', async () => {
    expect(await latestPeriodEnd(aFile(gzipSync(xml(1))))).toBe(1_788_307_199);
  });

  it('is the latest of all files of all attachments', async () => {
    const attached = [
      { name: 'a.zip', bytes: zipSync({ 'a.xml': Buffer.from(xml(1)), 'b.xml': Buffer.from(later) }) },
      { name: 'c.xml.gz', bytes: gzipSync(xml(3)) },
    ];
    expect(await latestPeriodEnd(aFile(mailOf(attached)))).toBe(1_788_393_599);
  });

  it('is looked for in as many files of a mail as are read of it', async () => {
    const bytes = zipSync({ 'a.xml': Buffer.from(xml(1)), 'b.xml': Buffer.from(later) });
    expect(await latestPeriodEnd(aFile(bytes), { ...limits, mailFiles: 2 })).toBe(1_788_393_599);
    expect(await latestPeriodEnd(aFile(bytes), { ...limits, mailFiles: 1 })).toBe(1_788_307_199);
  });

  it('is null where there is no report', async () => {
    expect(await latestPeriodEnd(aFile('a note'))).toBeNull();
    expect(await latestPeriodEnd(aFile(''))).toBeNull();
    expect(await latestPeriodEnd({ ...aFile(''), content: null })).toBeNull();
  });
});
