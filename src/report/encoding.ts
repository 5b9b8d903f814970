import { decodeWindows1252 } from './xml-text.js';

/** Turns blocks of the document into UTF-8. */
export interface Transcoder {
  decode(block: Buffer): Buffer;
  /** What was held back. */
  end(): Buffer;
}

export interface Encoding {
  /** Null: the bytes are UTF-8 (or are treated as such) and go on untouched. */
  readonly transcoder: Transcoder | null;
  /** Bytes of a byte order mark at the start. */
  readonly skip: number;
  /** What is odd about the declaration, or "". */
  readonly fault: string;
}

const nothing = Buffer.alloc(0);
const declaration = /^\s{0,64}<\?xml\s[^>]{0,200}?encoding\s{0,8}=\s{0,8}["']([A-Za-z0-9._:-]{1,40})["']/;
/** WHATWG calls all of these windows-1252; the two differ only in control characters. */
const windows1252 = /^(iso[-_]?8859[-_]1|latin-?1|windows-1252|cp-?1252|us-ascii|ascii)$/i;

/** The encoding by the first bytes (at least four when there are so many): byte order mark, else declaration, else UTF-8. */
export function encodingOf(head: Buffer): Encoding {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { transcoder: null, skip: 3, fault: '' };
  const utf16 = utf16Of(head);
  if (utf16 !== null) return { transcoder: decoderOf(utf16), skip: 0, fault: '' };
  const label = declaration.exec(head.toString('latin1', 0, 512))?.[1];
  if (label === undefined || /^utf-?8$/i.test(label)) return { transcoder: null, skip: 0, fault: '' };
  if (windows1252.test(label)) return { transcoder: windows1252Transcoder, skip: 0, fault: '' };
  const decoder = declaredDecoder(label);
  const transcoder = decoder === null || contradicts(label) ? null : decoder;
  return { transcoder, skip: 0, fault: transcoder === null ? `declared as ${label}` : '' };
}

function utf16Of(head: Buffer): 'utf-16le' | 'utf-16be' | null {
  const [a, b, c, d] = head;
  if ((a === 0xff && b === 0xfe) || (a === 0x3c && b === 0 && c !== 0 && d === 0)) return 'utf-16le';
  if ((a === 0xfe && b === 0xff) || (a === 0 && b === 0x3c && c === 0 && d !== 0)) return 'utf-16be';
  return null;
}

/** The declaration was read byte by byte, so that the bytes cannot be what it says. */
function contradicts(label: string): boolean {
  return /^(utf|ucs|iso-10646)/i.test(label) || new TextDecoder(label).encoding.startsWith('utf-16');
}

function declaredDecoder(label: string): Transcoder | null {
  try {
    return decoderOf(label);
  } catch {
    return null;
  }
}

function decoderOf(label: string): Transcoder {
  const decoder = new TextDecoder(label);
  return {
    decode: (block) => Buffer.from(decoder.decode(block, { stream: true })),
    end: () => Buffer.from(decoder.decode()),
  };
}

const windows1252Transcoder: Transcoder = {
  decode: (block) => Buffer.from(decodeWindows1252(block)),
  end: () => nothing,
};
