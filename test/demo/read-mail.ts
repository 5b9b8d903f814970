import { gunzipSync } from 'node:zlib';
import { fromBuffer } from 'yauzl';

/** The unpacked files of a generated mail, found the way a stranger would: base64 bodies that start like an archive. */
export async function unpackMail(raw: Buffer): Promise<readonly string[]> {
  const archives = raw
    .toString('latin1')
    .split(/\r\n\r\n|\r\n--/)
    .filter((block) => /^(H4sI|UEsD)[A-Za-z0-9+/=\r\n]+$/.test(block))
    .map((block) => Buffer.from(block, 'base64'));
  return Promise.all(
    archives.map(async (bytes) => (bytes[0] === 0x1f ? gunzipSync(bytes) : await unzip(bytes)).toString()),
  );
}

function unzip(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true, validateEntrySizes: true, decodeStrings: false }, (error, zip) => {
      if (error) return reject(error);
      zip.on('entry', (entry) =>
        zip.openReadStream(entry, (failure, stream) => {
          if (failure) return reject(failure);
          const chunks: Buffer[] = [];
          stream.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
          stream.on('end', () => resolve(Buffer.concat(chunks)));
        }),
      );
      zip.readEntry();
    });
  });
}
