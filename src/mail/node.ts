import { fieldValue } from './header.js';
import type { Header } from './header.js';
import { parseParameters } from './parameters.js';
import type { Parameterized } from './parameters.js';
import { encodingOf } from './transfer.js';
import type { Encoding } from './transfer.js';
import { displayText } from './words.js';

/** What a node's header says about its body. */
export interface NodeFacts {
  readonly type: string | null;
  readonly boundary: string | null;
  readonly reportType: string | null;
  readonly name: string | null;
  readonly encoding: Encoding;
}

const nameChars = 255;
/** RFC 2046 allows 70; what is longer than a line is no boundary. */
const boundaryChars = 998;

export function describe(header: Header, defaultType: string | null): NodeFacts {
  const content = contentType(header);
  const boundary = content?.parameters.get('boundary') ?? '';
  return {
    type: content === null ? defaultType : mediaType(content.value),
    boundary: boundary === '' || boundary.length > boundaryChars ? null : boundary.trimEnd(),
    reportType: content?.parameters.get('report-type')?.toLowerCase() ?? null,
    name: partName(header, content),
    encoding: encodingOf(values(header, 'content-transfer-encoding')),
  };
}

const values = (header: Header, name: string): string[] =>
  header.fields.flatMap((field) => (field.name === name ? [field.value] : []));

/** Of several fields the first that is a media type; `ContentType` is a typo that occurs. */
function contentType(header: Header): Parameterized | null {
  const raw = [...values(header, 'content-type'), ...values(header, 'contenttype')];
  const parsed = raw.slice(0, 5).map(parseParameters);
  return parsed.find(({ value }) => value.includes('/')) ?? parsed[0] ?? null;
}

function mediaType(value: string): string | null {
  const type = value.replace(/\s+/g, '').slice(0, 127);
  return /^[!-~]+$/.test(type) ? type : null;
}

/** The file name, wherever it is: Content-Disposition (also the second one), Content-Type, Content-Description. */
function partName(header: Header, content: Parameterized | null): string | null {
  const dispositions = values(header, 'content-disposition').slice(0, 5).map(parseParameters);
  const named = dispositions.map(({ parameters }) => parameters.get('filename')).find(isText);
  const name = named ?? content?.parameters.get('name') ?? describedName(header);
  return isText(name) ? displayText(name, nameChars) : null;
}

const isText = (text: string | undefined): text is string => text !== undefined && text !== '';

/** A description is a name when it looks like one. */
function describedName(header: Header): string | undefined {
  const description = fieldValue(header, 'content-description') ?? '';
  return /^[^\s/\\]{1,255}\.(?:xml|gz|zip|json|eml|msg)$/i.test(description) ? description : undefined;
}
