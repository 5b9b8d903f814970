import fc from 'fast-check';

/** Ways to write the same text, all well-formed. */
type Style = 'plain' | 'cdata' | 'references' | 'decimals' | 'commented' | 'instructed' | 'mixed' | 'split';

const style = fc.constantFrom<Style>(
  ...(['plain', 'plain', 'plain', 'plain', 'cdata', 'references', 'decimals', 'commented', 'instructed'] as const),
  ...(['mixed', 'split'] as const),
);
const blank = fc.constantFrom('', '', '\n', '\r\n  ', '\t', '\n<!-- <record> & -->\n', '<?pi <record>?>');
const domain = fc.constantFrom('example.org', 'mail.example.net', 'a.b-c._d.example', '');
const freeText = fc.oneof(
  fc.constantFrom('arc=pass as[1].d=example.net', 'R&D <b> "it\'s"', 'a\nb', ']]', 'größer € 𝄞', '', 'x'.repeat(250)),
  fc.string({ unit: fc.constantFrom(...'ab<>&;\'"=/ é€𝄞-]'), maxLength: 30 }),
);
const result = fc.constantFrom('pass', 'fail', 'none', 'neutral', 'temperror');
const address = fc.constantFrom('198.51.100.1', '203.0.113.255', '2001:db8::1', '2001:db8:1:2:3:4:5:6');

/** How a document is written. */
interface Form {
  readonly prefix: string;
  /** How often each element stands. */
  readonly times: { readonly minLength: number; readonly maxLength: number };
}

const once = { minLength: 1, maxLength: 1 };
const missingOrRepeated = { minLength: 0, maxLength: 2 };

/** Elements whose children may come in any order: name, and text or children. */
type Node = readonly [name: string, content: fc.Arbitrary<string> | readonly Node[]];

function leafXml(name: string, texts: fc.Arbitrary<string>, prefix: string): fc.Arbitrary<string> {
  const attribute = fc.constantFrom(
    '',
    '',
    '',
    ' lang="en"',
    " a='&lt;'",
    ' b = "x > y/"',
    '\n\tc="/>"',
    ' d=\'>"\' e="\'>"',
  );
  const endTag = fc.constantFrom(`</${prefix}${name}>`, `</${prefix}${name}\r\n >`);
  return fc.tuple(texts, style, blank, attribute, endTag).map(([text, how, space, attributes, end]) => {
    if (text === '' && how === 'plain') return `<${prefix}${name}${attributes}${space.includes('<') ? '' : space}/>`;
    const around = space.includes('?') || how === 'plain' ? '' : space;
    return `<${prefix}${name}${attributes}>${around}${written(text, how)}${around}${end}`;
  });
}

function elementXml([name, content]: Node, { prefix, times }: Form): fc.Arbitrary<string> {
  if (!Array.isArray(content)) return leafXml(name, content as fc.Arbitrary<string>, prefix);
  const nodes = content as readonly Node[];
  const children = fc.tuple(...nodes.map((child) => fc.array(elementXml(child, { prefix, times }), times)));
  return fc
    .tuple(children, fc.infiniteStream(fc.nat(1000)), blank)
    .map(
      ([parts, keys, space]) =>
        `<${prefix}${name}>${space}${shuffled(parts.flat(), keys).join(space)}${space}</${prefix}${name}>`,
    );
}

function shuffled(parts: readonly string[], keys: Iterable<number>): string[] {
  const stream = keys[Symbol.iterator]();
  return parts
    .map((part): [number, string] => [Number(stream.next().value), part])
    .sort(([a], [b]) => a - b)
    .map(([, part]) => part);
}

function written(text: string, how: Style): string {
  if (how === 'cdata') return `<![CDATA[${text.replaceAll(']]>', ']] >')}]]>`;
  if (how === 'decimals') return [...text].map((char) => `&#0${char.codePointAt(0) ?? 0};`).join('');
  if (how === 'references') return [...text].map((char) => `&#x${(char.codePointAt(0) ?? 0).toString(16)};`).join('');
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const half = escaped.search(/[a-z] /) + 1;
  if (how === 'plain' || half === 0) return escaped;
  return escaped.slice(0, half) + between[how] + escaped.slice(half);
}

/** What stands in the middle of a text; only the pieces of CDATA add to it. */
const between: Readonly<Record<'commented' | 'instructed' | 'mixed' | 'split', string>> = {
  commented: '<!-- - > & </record> -->',
  instructed: '<?p ]]> <!-- ?>',
  mixed: '<![CDATA[<&>]]>',
  split: '<![CDATA[]]]]><![CDATA[>&amp;</domain>]]>',
};

const auth = (extra: Node): readonly Node[] => [
  ['domain', domain],
  ['result', result],
  ['human_result', freeText],
  extra,
];

const record: Node = [
  'record',
  [
    [
      'row',
      [
        ['source_ip', address],
        ['count', fc.integer({ min: 1, max: 99999 }).map(String)],
        [
          'policy_evaluated',
          [
            ['disposition', fc.constantFrom('none', 'quarantine', 'reject')],
            ['dkim', fc.constantFrom('pass', 'fail')],
            ['spf', fc.constantFrom('pass', 'fail')],
            [
              'reason',
              [
                ['type', fc.constantFrom('forwarded', 'other')],
                ['comment', freeText],
              ],
            ],
          ],
        ],
      ],
    ],
    [
      'identifiers',
      [
        ['header_from', domain],
        ['envelope_from', domain],
      ],
    ],
    [
      'auth_results',
      [
        ['dkim', auth(['selector', freeText])],
        ['spf', auth(['scope', fc.constantFrom('mfrom', 'helo')])],
        ['dkim', auth(['selector', freeText])],
      ],
    ],
    [
      'unknown',
      [
        ['domain', freeText],
        ['deeper', [['count', freeText]]],
      ],
    ],
  ],
];

const metadata: Node = [
  'report_metadata',
  [
    ['org_name', freeText],
    ['report_id', fc.constantFrom('r-1', '<a@b>!c:d$=@e')],
    ['error', freeText],
    ['error', freeText],
    [
      'date_range',
      [
        ['begin', fc.constant('1704067200')],
        ['end', fc.constant('1704153599')],
      ],
    ],
  ],
];

const policy: Node = [
  'policy_published',
  [
    ['domain', domain],
    ['p', fc.constantFrom('none', 'reject')],
    ['pct', fc.constantFrom('0', '100')],
  ],
];

const unknown: Node = [
  'extension_of_ours',
  [
    ['record', freeText],
    ['deeper', [['feedback_', freeText]]],
  ],
];

interface RootForm extends Form {
  /** Attributes of the root. */
  readonly said: string;
  readonly lineEnd: string;
}

const rootForm: fc.Arbitrary<Omit<RootForm, 'times'>> = fc.record({
  prefix: fc.constant(''),
  said: fc.constantFrom('', ' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"', " xmlns = 'urn:example:a' b='1'"),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
});
const prefixedForm: typeof rootForm = fc.record({
  prefix: fc.constantFrom('d:', 'ä-1.:'),
  said: fc.constant(' xmlns:d="urn:example:reports" xmlns:ä-1.="urn:example:b"'),
  lineEnd: fc.constantFrom('\n', '\r\n'),
});

function documents(times: Form['times']): fc.Arbitrary<string> {
  return fc.oneof(rootForm, prefixedForm).chain((root) => {
    const form = { ...root, times };
    const head = fc.tuple(elementXml(metadata, form), elementXml(policy, form), elementXml(unknown, form));
    return fc
      .tuple(head, fc.array(elementXml(record, form), { maxLength: 4 }), fc.boolean())
      .map(([parts, records, isLast]) => documentOf(root, isLast ? [...records, ...parts] : [...parts, ...records]));
  });
}

function documentOf({ prefix, said, lineEnd }: Omit<RootForm, 'times'>, parts: readonly string[]): string {
  const xml = `<?xml version="1.0"?>\n<${prefix}feedback${said}>${parts.join('\n')}</${prefix}feedback>\n`;
  return xml.replaceAll('\n', lineEnd).replaceAll('\r\r', '\r');
}

/** Well-formed reports of clean values in every way that XML lets them be written. */
export const reportXml: fc.Arbitrary<string> = documents(once);

/** The same, but that every element may be missing or stand twice. */
export const looseReportXml: fc.Arbitrary<string> = documents(missingOrRepeated);

/** Cuts bytes into chunks; a part of them may be empty. */
export function chunked(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}
