import { SaxesParser } from 'saxes';

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** Throws when the text is not well-formed. */
export function parseXml(text: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const parser = new SaxesParser();
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes: attributes as Record<string, string>, children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('text', (piece) => {
    const last = open.at(-1);
    if (last) last.text += piece;
  });
  parser.on('closetag', () => void open.pop());
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(text).close();
  const [top] = root.children;
  if (!top) throw new Error('no root');
  return top;
}

export function all(element: Element | undefined, ...path: readonly string[]): readonly Element[] {
  const [name, ...rest] = path;
  if (name === undefined) return element ? [element] : [];
  return (element?.children ?? []).filter((child) => child.name === name).flatMap((child) => all(child, ...rest));
}

/** The text of the only element at that path; null when there is none. */
export function text(element: Element | undefined, ...path: readonly string[]): string | null {
  const found = all(element, ...path);
  if (found.length > 1) throw new Error(`several ${path.join('/')}`);
  return found[0]?.text ?? null;
}
