import type { Name } from './names.js';

/** Where the tokens of an XML document go. Texts come whole, decoded and tidied. */
export interface XmlHandler {
  /** Whether an element of this name, here, has a text that is wanted and no children. */
  isLeaf(name: Name): boolean;
  /** A whole leaf: the same as open and close. */
  leaf(name: Name, text: string): void;
  /** Whether a start tag of this name can only mean that the innermost open element lacks its end tag. */
  provesEnd(name: Name): boolean;
  /** Whether `open` looks at the tag. */
  readonly wantsTag: boolean;
  /** A start tag; `tag` is what stands between its brackets, prefix and attributes included ("" when there is only the name, or it is not wanted). Returns whether its text is wanted. */
  open(name: Name, tag: string): boolean;
  /** End of the innermost open element; `text` is null when it was not wanted. */
  close(text: string | null): void;
  /** True when nothing after this point can matter. */
  readonly done: boolean;
  /** Text that is more than blanks stands outside of all elements. */
  outside(): void;
  /** Something odd at the present place. */
  note(code: XmlFault, detail: string): void;
}

export type XmlFault =
  | 'not-utf8'
  | 'bare-ampersand'
  | 'bare-less-than'
  | 'html-entity'
  | 'unknown-entity'
  | 'bad-reference'
  | 'control-character'
  | 'text-cut'
  | 'doctype'
  | 'stray-end-tag'
  | 'unclosed-element'
  | 'missing-bracket'
  | 'missing-root-end';
