import { crc32, deflateSync, inflateSync } from 'node:zlib';

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

/** A PNG of Chromium (8 bits, RGB or RGBA, not interlaced) with at most 256 colours: a third of the bytes. */
export function withPalette(png: Buffer): Buffer {
  const chunks = chunksOf(png);
  const header = chunks.find(({ type }) => type === 'IHDR')?.data ?? Buffer.alloc(13);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const depth = header.readUInt8(9) === 6 ? 4 : 3;
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
  const pixels = unfiltered(inflateSync(packed), width, height, depth);
  const { palette, indexOf } = coloursOf(pixels, depth);
  const rows = Buffer.alloc(height * (width + 1));
  for (let i = 0; i < width * height; i++) {
    rows[Math.floor(i / width) * (width + 1) + 1 + (i % width)] = indexOf(binOf(pixels, i * depth));
  }
  header.set([8, 3], 8);
  return Buffer.concat([
    png.subarray(0, 8),
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunksOf(png: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const end = at + 8 + png.readUInt32BE(at);
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), data: Buffer.from(png.subarray(at + 8, end)) });
  }
  return chunks;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** Undoes the filter of each row (PNG, section 9). */
function unfiltered(data: Buffer, width: number, height: number, depth: number): Buffer {
  const size = width * depth;
  const out = Buffer.alloc(size * height);
  for (let row = 0; row < height; row++) {
    const filter = data[row * (size + 1)] ?? 0;
    for (let i = 0; i < size; i++) {
      const at = row * size + i;
      const left = i < depth ? 0 : (out[at - depth] ?? 0);
      const above = row === 0 ? 0 : (out[at - size] ?? 0);
      const corner = i < depth || row === 0 ? 0 : (out[at - size - depth] ?? 0);
      out[at] = (data[row * (size + 1) + 1 + i] ?? 0) + predicted(filter, left, above, corner);
    }
  }
  return out;
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 4) return paeth(left, above, corner);
  return [0, left, above, (left + above) >> 1][filter] ?? 0;
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}

/** Colours that share the upper five bits of each part. */
function binOf(pixels: Buffer, at: number): number {
  return (((pixels[at] ?? 0) >> 3) << 10) | (((pixels[at + 1] ?? 0) >> 3) << 5) | ((pixels[at + 2] ?? 0) >> 3);
}

interface Colours {
  readonly palette: Buffer;
  /** Place in the palette of a bin, or of the one that is nearest to it. */
  indexOf(bin: number): number;
}

/** The colours of the fullest bins, each the first of its bin: text and areas keep theirs exactly. */
function coloursOf(pixels: Buffer, depth: number): Colours {
  const found = new Map<number, { count: number; readonly rgb: readonly number[] }>();
  for (let at = 0; at < pixels.length; at += depth) {
    const bin = binOf(pixels, at);
    const known = found.get(bin);
    if (known) known.count += 1;
    else found.set(bin, { count: 1, rgb: [...pixels.subarray(at, at + 3)] });
  }
  const fullest = [...found].toSorted(([, a], [, b]) => b.count - a.count).slice(0, 256);
  const places = new Map(fullest.map(([bin], i) => [bin, i]));
  const indexOf = (bin: number): number => {
    const place = places.get(bin) ?? nearest(bin, fullest.map(([each]) => each)); // prettier-ignore
    places.set(bin, place);
    return place;
  };
  return { palette: Buffer.from(fullest.flatMap(([, { rgb }]) => rgb)), indexOf };
}

function nearest(bin: number, bins: readonly number[]): number {
  const distance = (other: number): number =>
    [10, 5, 0].reduce((sum, shift) => sum + (((bin >> shift) & 31) - ((other >> shift) & 31)) ** 2, 0);
  return bins.reduce((best, each, i) => (distance(each) < distance(bins[best] ?? 0) ? i : best), 0);
}
