import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { file, forgeZip, gz, see, withoutDirectory, xml } from './forge.js';

const second = '<feedback>second</feedback>';

describe('zip', () => {
  test('members of an ordinary archive arrive in order, deflated or stored', async () => {
    const zip = Buffer.from(zipSync({ 'a.xml': Buffer.from(xml), 'b.xml': [Buffer.from(second), { level: 0 }] }));
    expect(await see(zip)).toEqual([file(['a.xml'], xml), file(['b.xml'], second)]);
  });

  test('directories, resource forks and nameless members are passed over', async () => {
    const zip = forgeZip([
      { name: 'dir/', text: '' },
      { name: '__MACOSX/._a.xml' },
      { name: '' },
      { name: 'dir/a.xml' },
    ]);
    expect(await see(zip)).toEqual([file(['dir/a.xml'], xml)]);
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
    expect(await see(forgeZip([{ size }]))).toEqual([file(['report.xml'], xml, 'complete', ['bad-length'])]);
  });

  test('a packed size that reaches past the archive is malformed, one that cuts the data corrupt', async () => {
    expect(await see(forgeZip([{ packedSize: 100_000 }]))).toMatchObject([{ end: 'malformed' }]);
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
  });

  test('an empty archive and one of directories only are malformed', async () => {
    expect(await see(forgeZip([]))).toMatchObject([{ end: 'malformed' }]);
    expect(await see(forgeZip([{ name: 'dir/', text: '' }]))).toMatchObject([{ end: 'malformed' }]);
  });

  test('bytes after the archive do not matter', async () => {
    const zip = Buffer.concat([forgeZip([{}]), Buffer.from('\r\n_______\r\nlist footer')]);
    expect(await see(zip)).toEqual([file(['report.xml'], xml)]);
  });

  test('without its directory an archive is read by its local headers', async () => {
    const members = [{ name: 'a.xml' }, { name: 'b.xml', text: second }];
    const expected = [
      file(['a.xml'], xml, 'complete', ['zip-directory']),
      file(['b.xml'], second, 'complete', ['zip-directory']),
    ];
    expect(await see(withoutDirectory(forgeZip(members)))).toEqual(expected);
    const described = forgeZip(members.map((member) => ({ ...member, descriptor: true })));
    expect(await see(withoutDirectory(described))).toEqual(expected);
  });

  test.each([false, true])(
    'cut at every byte it ends, and never claims more than it has (descriptor: %s)',
    async (descriptor) => {
      const zip = forgeZip([{ descriptor }]);
      const whole = withoutDirectory(zip).length;
      for (let length = 4; length < zip.length; length += 1) {
        const [seen, ...more] = await see(zip.subarray(0, length));
        expect(more).toEqual([]);
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
