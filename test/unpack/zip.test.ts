import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { file, forgeTar, forgeZip, gz, see, withoutDirectory, xml } from './forge.js';

const second = '<feedback>second</feedback>';
const cutOff = {
  members: [],
  end: 'malformed',
  reason: expect.stringContaining('more members may be missing') as string,
};

describe('zip', () => {
  test('members of an ordinary archive arrive in order, deflated or stored', async () => {
    const zip = Buffer.from(zipSync({ 'a.xml': Buffer.from(xml), 'b.xml': [Buffer.from(second), { level: 0 }] }));
    expect(await see(zip)).toEqual([file(['a.xml'], xml), file(['b.xml'], second)]);
  });

  test('directories are passed over; a report is read whatever its name is', async () => {
    const directories = ['dir/', 'dir\\', ''].map((name) => ({ name, text: '' }));
    const zip = forgeZip([...directories, { name: 'dir/a.xml' }, { name: '' }, { name: 'b/', text: second }]);
    expect(await see(zip)).toEqual([file(['dir/a.xml'], xml), file([''], xml), file(['b/'], second)]);
  });

  test('absolute names and names that climb are shown, and are nothing else', async () => {
    const zip = forgeZip([
      { name: '/var/log/r.xml' },
      { name: '../../r.xml', text: second },
      { name: 'a\nb\\..\\c.xml' },
    ]);
    expect((await see(zip)).map(({ members, end }) => [...members, end])).toEqual([
      ['/var/log/r.xml', 'complete'],
      ['../../r.xml', 'complete'],
      ['a?b\\..\\c.xml', 'complete'],
    ]);
  });

  test('data descriptors and zip64 records are understood', async () => {
    expect(await see(forgeZip([{ descriptor: true }, { text: second, descriptor: true }]))).toEqual([
      file(['report.xml'], xml),
      file(['report.xml'], second),
    ]);
    expect(await see(forgeZip([{ zip64: true }], { zip64: true }))).toEqual([file(['report.xml'], xml)]);
  });

  test('a wrong checksum is corrupt, and all bytes are delivered', async () => {
    expect(await see(forgeZip([{ crc: 1 }]))).toEqual([file(['report.xml'], xml, 'corrupt', ['bad-checksum'])]);
    expect(await see(forgeZip([{ crc: 1, method: 0 }]))).toEqual([
      file(['report.xml'], xml, 'corrupt', ['bad-checksum']),
    ]);
  });

  test.each([0, 5, 4_000_000_000])('an unpacked size of %i over a right checksum is a note', async (size) => {
    for (const method of [0, 8]) {
      expect(await see(forgeZip([{ size, method }]))).toEqual([file(['report.xml'], xml, 'complete', ['bad-length'])]);
    }
  });

  test('a packed size that is too large does not matter over a right checksum, one that cuts the data is corrupt', async () => {
    expect(await see(forgeZip([{ packedSize: 100_000 }]))).toEqual([file(['report.xml'], xml)]);
    const [cut] = await see(forgeZip([{ packedSize: 60 }]));
    expect(cut).toMatchObject({ end: 'corrupt', codes: ['bad-checksum', 'bad-length'] });
    expect(xml.startsWith(cut?.text ?? 'nothing')).toBe(true);
  });

  test('members that share their data are each read, within the bound on the sum', async () => {
    const zip = forgeZip([{}, { name: 'again.xml', offset: 0 }]);
    expect(await see(zip)).toEqual([file(['report.xml'], xml), file(['again.xml'], xml)]);
    expect(await see(zip, { unpackedTotalBytes: xml.length })).toMatchObject([
      { text: xml, end: 'complete' },
      { text: null, end: 'oversized' },
    ]);
  });

  test.each([0, 1, 3, 65_535])('a count of %i in the end record hides no member and invents none', async (count) => {
    const zip = forgeZip([{ name: 'a.xml' }, { name: 'b.xml', text: second }]);
    zip.writeUInt16LE(count, zip.length - 12);
    expect(await see(zip)).toEqual([file(['a.xml'], xml), file(['b.xml'], second)]);
  });

  test('entries of any length are read, wherever a window of the directory ends', async () => {
    // forty directory entries of 30,046 bytes and one of 65,581: the windows of 256 KiB end at other places in them
    const names = [...Array.from({ length: 40 }, (_, at) => `${at}`.padEnd(30_000, '-')), 'x'.repeat(65_535)];
    const seen = await see(forgeZip(names.map((name) => ({ name }))));
    expect(seen).toEqual(names.map((name) => file([expect.stringContaining(name.slice(0, 200)) as string], xml)));
  });

  test('an extra field that is longer than its room costs nothing', async () => {
    const options = { extra: { 0x9999: new Uint8Array(4) }, comment: 'made by mx.example' };
    const zip = Buffer.from(zipSync({ 'a.xml': [Buffer.from(xml), options], 'b.xml': Buffer.from(second) }));
    // in the directory, where the name stands for the last time; behind it two bytes of id and two of length
    zip.writeUInt16LE(100, zip.lastIndexOf('a.xml') + 'a.xml'.length + 2);
    expect(await see(zip)).toEqual([file(['a.xml'], xml), file(['b.xml'], second)]);
  });

  test('a zip64 locator in the comment of the last entry leads nowhere', async () => {
    const zip = forgeZip([{ name: 'a.xml' }, { name: 'b.xml', text: second }]);
    const locator = Buffer.concat([Buffer.from('504b0607', 'hex'), Buffer.alloc(16)]);
    const end = zip.length - 22;
    const commented = Buffer.concat([zip.subarray(0, end), locator, zip.subarray(end)]);
    commented.writeUInt16LE(locator.length, commented.lastIndexOf('PK\x01\x02') + 32);
    commented.writeUInt32LE(zip.readUInt32LE(end + 12) + locator.length, commented.length - 10);
    expect(await see(commented)).toEqual([file(['a.xml'], xml), file(['b.xml'], second)]);
  });

  test('encrypted members and unknown methods are unsupported, the others are read', async () => {
    const zip = forgeZip([
      { name: 'a', flags: 1 },
      { name: 'b', flags: 0x2000 },
      { name: 'c', method: 93 },
      { name: 'd' },
    ]);
    expect(await see(zip)).toMatchObject([
      { members: ['a'], end: 'unsupported', reason: 'the zip member is encrypted' },
      { members: ['b'], end: 'unsupported', reason: 'the zip member is encrypted' },
      { members: ['c'], end: 'unsupported' },
      { members: ['d'], end: 'complete', text: xml },
    ]);
  });

  test('strong encryption is unsupported, wherever it stands', async () => {
    expect(await see(forgeZip([{ flags: 0x41 }]))).toMatchObject([{ end: 'unsupported' }]);
    expect(await see(forgeZip([{}, { flags: 0x41 }]))).toMatchObject([{ text: xml }, { end: 'unsupported' }]);
    expect(await see(forgeZip([{ name: 'a', flags: 0x41 }, { name: 'b', flags: 0x40 }, {}]))).toMatchObject([
      { members: ['a'], reason: 'the zip member is encrypted' },
      { members: ['b'], reason: 'the zip member is encrypted' },
      { text: xml },
    ]);
  });

  test('an empty archive and one of directories only are malformed', async () => {
    expect(await see(forgeZip([]))).toMatchObject([{ end: 'malformed' }]);
    expect(await see(forgeZip([{ name: 'dir/', text: '' }]))).toMatchObject([{ end: 'malformed' }]);
  });

  test('bytes after the archive do not matter', async () => {
    const zip = Buffer.concat([forgeZip([{}]), Buffer.from('\r\n_______\r\nlist footer')]);
    expect(await see(zip)).toEqual([file(['report.xml'], xml)]);
  });

  test('an end record of nothing hides no member in front of it', async () => {
    const zip = forgeZip([{}]);
    expect(await see(Buffer.concat([zip, forgeZip([])]))).toEqual([file(['report.xml'], xml)]);
    expect(await see(Buffer.concat([withoutDirectory(zip), forgeZip([])]))).toMatchObject([
      file(['report.xml'], xml, 'complete', ['zip-directory']),
      cutOff,
    ]);
  });

  test('without its directory an archive is read by its local headers', async () => {
    const members = [{ name: 'a.xml' }, { name: 'b.xml', text: second }];
    const expected = [
      file(['a.xml'], xml, 'complete', ['zip-directory']),
      file(['b.xml'], second, 'complete', ['zip-directory']),
    ];
    expect(await see(withoutDirectory(forgeZip(members)))).toMatchObject([...expected, cutOff]);
    for (const zip64 of [false, true]) {
      const described = forgeZip(members.map((member) => ({ ...member, descriptor: true, zip64 })));
      expect(await see(withoutDirectory(described))).toMatchObject([...expected, cutOff]);
    }
  });

  test('without its directory the sizes of a member may be in the zip64 field of its local header', async () => {
    const plain = withoutDirectory(forgeZip([{ name: 'a.xml', method: 0 }, { text: second }]));
    const at = 30 + 'a.xml'.length;
    const field = Buffer.alloc(20);
    field.writeUInt16LE(1, 0);
    field.writeUInt16LE(16, 2);
    field.writeUInt32LE(xml.length, 4);
    field.writeUInt32LE(xml.length, 12);
    const zip = Buffer.concat([plain.subarray(0, at), field, plain.subarray(at)]);
    zip.fill(0xff, 18, 26);
    zip.writeUInt16LE(field.length, 28);
    expect((await see(zip)).map(({ text, codes }) => [text, ...codes])).toEqual([
      [xml, 'zip-directory'],
      [second, 'zip-directory'],
      [null],
    ]);
  });

  test.each([false, true])(
    'cut at every byte it ends, and never claims more than it has (descriptor: %s)',
    async (descriptor) => {
      const zip = forgeZip([{ descriptor }]);
      const whole = withoutDirectory(zip).length;
      for (let length = 4; length < zip.length; length += 1) {
        const [seen, ...more] = await see(zip.subarray(0, length));
        if (more.length > 0) expect(more).toMatchObject([cutOff]);
        expect(xml.startsWith(seen?.text ?? '')).toBe(true);
        if (seen?.end === 'complete') expect(seen.text).toBe(xml);
        else expect(['truncated', 'malformed', 'corrupt']).toContain(seen?.end);
        if (length >= whole) expect(seen?.end).toBe('complete');
      }
    },
  );

  test('containers in containers are opened, and the path of members is told', async () => {
    const inner = forgeZip([{ name: 'in.xml' }]);
    expect(await see(gz(gz(xml)))).toEqual([file([], xml)]);
    expect(await see(forgeZip([{ name: 'r.xml.gz', data: gz(xml) }]))).toEqual([file(['r.xml.gz'], xml)]);
    expect(await see(forgeZip([{ name: 'out.zip', data: inner }]))).toEqual([file(['out.zip', 'in.xml'], xml)]);
    expect(await see(gz(inner))).toEqual([file(['in.xml'], xml)]);
  });

  test('a cut gzip around a whole zip leaves its files marked', async () => {
    const outer = gz(forgeZip([{ name: 'in.xml' }]));
    expect(await see(outer.subarray(0, -3))).toEqual([file(['in.xml'], xml, 'truncated', ['truncated'])]);
  });
});

test('a zip in front of another, and anything behind a tar, is said and not passed over', async () => {
  const zip = forgeZip([{ name: 'a', text: xml }]);
  const two = await see(Buffer.concat([zip, zip]));
  expect(two.map(({ end, reason }) => [end, reason])).toEqual([
    ['malformed', 'another zip archive, which was not read, stands in front of this one'],
    ['complete', ''],
  ]);
  const tar = forgeTar([{ name: 'a', data: Buffer.from(xml) }]);
  expect((await see(tar)).map(({ end }) => end)).toEqual(['complete']);
  expect((await see(Buffer.concat([tar, Buffer.alloc(4096)]))).map(({ end }) => end)).toEqual(['complete']);
  expect((await see(Buffer.concat([tar, tar]))).map(({ end }) => end)).toEqual(['complete', 'malformed']);
});
