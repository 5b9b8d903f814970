/** Packs the files of fixtures/containers: `npx tsx test/unpack/forge-fixtures.ts`. What must come out is written by hand beside them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { forgeTar, forgeZip, withoutDirectory } from './forge.js';

const folder = join(import.meta.dirname, '../../fixtures/containers');
const report = readFileSync(join(folder, 'report.xml'));
const second = readFileSync(join(folder, 'second.xml'));
const half = report.length >> 1;

const gzip = gzipSync(report);
const name = 'mx.example!example.org!1788220800!1788307199.xml';
const entry = { name, data: report };
const zip = forgeZip([entry]);
const twice = forgeZip([entry, { name: 'second.xml', data: second }]);
const local = withoutDirectory(zip);
const png = Buffer.from(
  '89504e470d0a1a0a0000000d4948445200000001000000010806000000' +
    '1f15c4890000000a49444154789c6300010000050001' +
    '0d0a2db40000000049454e44ae426082',
  'hex',
);

/** `bytes` with `value` written little-endian at `at`; a negative `at` counts from the end. */
function patched(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(value, at < 0 ? bytes.length + at : at);
  return copy;
}

/** The archive with a comment: the last field of a zip is the comment's length. */
function withComment(archive: Buffer, comment: Buffer): Buffer {
  const length = Buffer.from(Uint16Array.of(comment.length).buffer);
  return Buffer.concat([archive.subarray(0, -2), length, comment]);
}

/** A compound file (MS-CFB) with one sector of directory behind its table of sectors. */
function compound(names: readonly string[]): Buffer {
  const header = Buffer.alloc(512);
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(header);
  header.writeUInt16LE(3, 26);
  header.writeUInt16LE(0xfffe, 28);
  header.writeUInt16LE(9, 30);
  header.writeUInt32LE(1, 48);
  const directory = Buffer.alloc(512);
  names.forEach((text, index) => {
    directory.write(text, index * 128, 'utf16le');
    directory.writeUInt16LE(2 * text.length + 2, index * 128 + 64);
  });
  return Buffer.concat([header, Buffer.alloc(512, 0xff), directory, Buffer.alloc(512)]);
}

const gzipNamed = (fileName: string, content: Buffer): Buffer => {
  const packed = gzipSync(content);
  const head = Buffer.from(packed.subarray(0, 10));
  head[3] = 8;
  return Buffer.concat([head, Buffer.from(`${fileName}\0`), packed.subarray(10)]);
};

const macJunk = Buffer.concat([Buffer.from('00051607000200004d6163204f53205820', 'hex'), Buffer.alloc(66)]);
const storeJunk = Buffer.concat([Buffer.from('0000000142756431', 'hex'), Buffer.alloc(56)]);

const containers: Readonly<Record<string, Buffer>> = {
  'gzip-named-zip.zip': gzip,
  'zip-named-gzip.gz': zip,
  'gzip-with-file-name.xml.gz': gzipNamed(name, report),
  'gzip-in-gzip.xml.gz.gz': gzipSync(gzip),
  'zip-in-gzip.zip.gz': gzipSync(zip),
  'gzip-in-zip.zip': forgeZip([{ name: `${name}.gz`, data: gzip, method: 0 }]),
  'zip-in-zip.zip': forgeZip([{ name: 'reports.zip', data: zip }]),
  'too-deep.gz': gzipSync(gzipSync(gzipSync(gzip))),
  'gzip-members.xml.gz': Buffer.concat([gzipSync(report.subarray(0, half)), gzipSync(report.subarray(half))]),
  'gzip-then-line-end.xml.gz': Buffer.concat([gzip, Buffer.from('\r\n')]),
  'gzip-then-zeros.xml.gz': Buffer.concat([gzip, Buffer.alloc(512)]),
  'gzip-cut-in-header.xml.gz': gzip.subarray(0, 7),
  'gzip-cut-in-data.xml.gz': gzip.subarray(0, -60),
  'gzip-cut-in-trailer.xml.gz': gzip.subarray(0, -3),
  'gzip-second-member-cut.xml.gz': Buffer.concat([gzipSync(report.subarray(0, half)), gzip.subarray(0, 1)]),
  'gzip-wrong-checksum.xml.gz': patched(gzip, -8, 7),
  'gzip-wrong-length.xml.gz': patched(gzip, -4, 7),
  'gzip-empty.xml.gz': gzipSync(''),
  'gzip-bomb.xml.gz': gzipSync(Buffer.alloc(32 * 1024 * 1024, '<feedback>'), { level: 9 }),
  'gzip-utf16.xml.gz': gzipSync(Buffer.from(`\ufeff${report.toString().replace('UTF-8', 'UTF-16')}`, 'utf16le')),
  'png-in-gzip.xml.gz': gzipNamed('picture.png', png),
  'tls-report.json.gz': gzipSync('{"organization-name":"mx.example","report-id":"1","policies":[]}\n'),
  'bare-zlib.zlib': deflateSync(report),
  'bare-zlib-cut.zlib': deflateSync(report).subarray(0, -4),
  'raw-deflate.deflate': deflateRawSync(report),
  'raw-deflate-cut.deflate': deflateRawSync(report).subarray(0, -40),
  'tar.tar': forgeTar([
    { name: 'reports/', data: Buffer.alloc(0), type: '5' },
    { name: 'reports/first.xml', data: report },
    { name: 'reports/second.xml.gz', data: gzipSync(second) },
  ]),
  'tar-in-gzip.tar.gz': gzipSync(forgeTar([{ name, data: report }])),
  'tar-cut.tar': forgeTar([
    { name, data: report },
    { name: 'second.xml', data: second },
  ]).subarray(0, 512 + 1024 + 512 + 300),
  'zip-directories.zip': forgeZip([
    { name: 'var/', data: Buffer.alloc(0), method: 0 },
    { name: 'var\\dmarc\\', data: Buffer.alloc(0), method: 0 },
    { name: 'var/dmarc/report.xml', data: report },
  ]),
  'zip-macosx.zip': forgeZip([
    entry,
    { name: `__MACOSX/._${name}`, data: macJunk },
    { name: '.DS_Store', data: storeJunk },
  ]),
  'zip-nameless.zip': forgeZip([{ name: '', data: report }]),
  'zip-absolute-name.zip': forgeZip([{ name: `/var/log/opendmarc/temp/${name}`, data: report }]),
  'zip-backslash-name.zip': forgeZip([{ name: '..\\..\\reports\\report.xml', data: report }]),
  'zip-descriptors.zip': forgeZip([
    { ...entry, descriptor: true },
    { name: 'second.xml', data: second, descriptor: true },
  ]),
  'zip-descriptors-cut-before-directory.zip': withoutDirectory(
    forgeZip([
      { ...entry, descriptor: true },
      { name: 'second.xml', data: second, descriptor: true },
    ]),
  ),
  'zip64.zip': forgeZip([{ ...entry, zip64: true }], { zip64: true }),
  'zip-two-reports.zip': twice,
  'zip-report-second.zip': forgeZip([{ name: 'readme.txt', text: 'A report is in the other file.\n' }, entry]),
  'zip-encrypted.zip': forgeZip([{ ...entry, flags: 1 }]),
  'zip-strongly-encrypted.zip': forgeZip([{ ...entry, flags: 0x41 }]),
  'zip-method.zip': forgeZip([{ ...entry, method: 14 }]),
  'zip-wrong-checksum.zip': forgeZip([{ ...entry, crc: 7 }]),
  'zip-size-too-large.zip': forgeZip([{ ...entry, size: 4_000_000_000 }]),
  'zip-size-too-small.zip': forgeZip([{ ...entry, size: 10 }]),
  'zip-packed-size-too-large.zip': forgeZip([{ ...entry, packedSize: 100_000 }]),
  'zip-packed-size-too-small.zip': forgeZip([{ ...entry, packedSize: 200 }]),
  'zip-empty.zip': forgeZip([]),
  'zip-comment-with-marks.zip': withComment(zip, Buffer.concat([Buffer.from('made by PK\x05\x06'), zip.subarray(-22)])),
  'zip-then-footer.zip': Buffer.concat([zip, Buffer.from('\r\n_______\r\nlist footer PK\x05\x06 of example.net\r\n')]),
  'zip-behind-program.exe': Buffer.concat([Buffer.from('MZ'), Buffer.alloc(126, 0x90), zip]),
  'zip-cut-in-local-header.zip': zip.subarray(0, 20),
  'zip-cut-in-data.zip': local.subarray(0, -60),
  'zip-cut-before-directory.zip': local,
  'zip-cut-in-directory.zip': twice.subarray(0, -60),
  'zip-cut-in-end.zip': zip.subarray(0, -5),
  'zip-shared-member.zip': forgeZip([entry, { name: 'again.xml', data: report, offset: 0 }]),
  'xml.xml': report,
  'xml-with-byte-order-mark.xml': Buffer.concat([Buffer.from('\ufeff'), report]),
  'xml-after-blank-lines.xml': Buffer.concat([Buffer.from('\r\n\r\n  '), report]),
  'xml-under-text.txt': Buffer.concat([Buffer.from('The report for example.org:\n\n'), report]),
  'base64-of-gzip.xml.gz': Buffer.from(gzip.toString('base64').replace(/.{76}/g, '$&\r\n')),
  'base64-of-xml.xml': Buffer.from(report.toString('base64')),
  'base64-then-footer.zip': Buffer.from(`${zip.toString('base64')}\r\n-- \r\nlist footer\r\n`),
  'outlook-message.msg': compound(['Root Entry', '__nameid_version1.0', '__substg1.0_00020102']),
  'word-document.doc': compound(['Root Entry', '1Table', 'WordDocument']),
  'outlook-message-in-zip.zip': forgeZip([
    { name: 'report.msg', data: compound(['Root Entry', '__properties_version1.0']) },
  ]),
  'winmail.dat': Buffer.concat([Buffer.from('789f3e22', 'hex'), Buffer.alloc(60)]),
};

for (const [file, bytes] of Object.entries(containers)) writeFileSync(join(folder, file), bytes);
