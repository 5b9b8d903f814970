import { XMLParser } from 'fast-xml-parser';
import { SaxesParser } from 'saxes';

/** An XML document as a strict parser sees it. */
export interface XmlElement {
  /** Prefix included. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly content: (XmlElement | string)[];
}

/** The document's outermost element as saxes reads it. Throws when the document is not well-formed; prefixes need no declaration. */
export function saxesTree(xml: string): XmlElement {
  const top: XmlElement = { name: '', attributes: {}, content: [] };
  const open = [top];
  const add = (piece: XmlElement | string) => open.at(-1)?.content.push(piece);
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes, content: [] };
    add(element);
    open.push(element);
  });
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', () => open.pop());
  parser.write(xml).close();
  return rootOf(top.content);
}

/** What saxes finds wrong first, undeclared prefixes included; null: nothing. */
export function saxesFault(xml: string): string | null {
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  try {
    parser.write(xml).close();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^\d+:\d+: /, '') : String(error);
  }
}

const fxp = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  cdataPropName: '#cdata',
  parseTagValue: false,
  trimValues: false,
  processEntities: true,
  // Without it, `&#65;` stays as it is.
  htmlEntities: true,
});

/** The document's outermost element as fast-xml-parser reads it: one object for each piece of content, in order. */
export function fastTree(xml: string): XmlElement {
  return rootOf(fastContent(fxp.parse(xml) as readonly FastNode[]));
}

type FastNode = Readonly<Record<string, unknown>>;

function fastContent(nodes: readonly FastNode[]): (XmlElement | string)[] {
  return nodes.flatMap((node) => {
    if ('#text' in node) return [String(node['#text'])];
    const [name = ''] = Object.keys(node).filter((key) => key !== ':@');
    if (name.startsWith('?')) return [];
    const content = fastContent((node[name] ?? []) as readonly FastNode[]);
    if (name === '#cdata') return content;
    return [{ name, attributes: (node[':@'] ?? {}) as Record<string, string>, content }];
  });
}

function rootOf(content: readonly (XmlElement | string)[]): XmlElement {
  const root = content.find((piece) => typeof piece !== 'string');
  if (root === undefined) throw new Error('there is no element');
  return root;
}

/**
 * The same document in the plainest form: no prefixes, declarations, comments or CDATA, references only where they must be,
 * attributes only on `feedback`, which keeps its prefix too, since they say its namespace.
 */
export function plainXml({ name, attributes, content }: XmlElement): string {
  const local = localName(name);
  const isRoot = local === 'feedback';
  const tag = isRoot ? name : local;
  const inside = textsJoined(content).map((piece) => (typeof piece === 'string' ? escaped(piece) : plainXml(piece)));
  const said = isRoot ? Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`) : [];
  return `<${tag}${said.join('')}>${inside.join('')}</${tag}>`;
}

/** Neighbouring texts made one. */
function textsJoined(content: readonly (XmlElement | string)[]): (XmlElement | string)[] {
  const joined: (XmlElement | string)[] = [];
  for (const piece of content) {
    const last = joined.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') joined[joined.length - 1] = last + piece;
    else joined.push(piece);
  }
  return joined;
}

/** The name without its prefix. */
export function localName(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

function escaped(text: string): string {
  const references: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    '\r': '&#13;',
  };
  return text.replace(/[&<>"\r]/g, (char) => references[char] ?? char);
}

/** What 0x80 to 0x9f are in windows-1252. Node's own decoder of that name is latin1 in some releases. */
const c1 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** The text of the bytes as XML says it, or null when they are not in the encoding that they declare. */
export function decodedXml(bytes: Buffer): string | null {
  const declared = /^<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']/.exec(bytes.toString('latin1', 0, 200))?.[1];
  const mark = bytes.toString('latin1', 0, 2);
  const utf16 = mark === '\xff\xfe' ? 'utf-16le' : mark === '\xfe\xff' ? 'utf-16be' : null;
  try {
    const decoder = new TextDecoder(utf16 ?? declared ?? 'utf-8', { fatal: true });
    if (decoder.encoding !== 'windows-1252') return decoder.decode(bytes);
    return bytes.toString('latin1').replace(/[\u0080-\u009f]/g, (char) => c1.charAt(char.charCodeAt(0) - 0x80));
  } catch {
    return null;
  }
}
