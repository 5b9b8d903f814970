import fc from 'fast-check';

/** Ways to write the same text, all well-formed. */
type Style = 'plain' | 'cdata' | 'references' | 'commented' | 'mixed';

const style = fc.constantFrom<Style>('plain', 'plain', 'plain', 'cdata', 'references', 'commented', 'mixed');
const blank = fc.constantFrom('', '', '\n', '\r\n  ', '\t', '\n<!-- <record> & -->\n', '<?pi <record>?>');
const domain = fc.constantFrom('example.org', 'mail.example.com', 'bücher.example.net', 'a.b.c.example.test', '');
const freeText = fc.oneof(
  fc.constantFrom('arc=pass as[1].d=example.com', 'R&D <b> "it\'s"', 'a\nb', ']]', 'größer € 𝄞', '', 'x'.repeat(300)),
  fc.string({ unit: fc.constantFrom(...'ab<>&;\'"=/ é€𝄞-]'), maxLength: 30 }),
);
const result = fc.constantFrom('pass', 'fail', 'none', 'neutral', 'temperror');
const address = fc.constantFrom('198.51.100.1', '203.0.113.255', '2001:db8::1', '2001:db8:1:2:3:4:5:6');

/** Elements whose children may come in any order: name, and text or children. */
type Node = readonly [name: string, content: fc.Arbitrary<string> | readonly Node[]];

function leafXml(name: string, texts: fc.Arbitrary<string>, prefix: string): fc.Arbitrary<string> {
  const attribute = fc.constantFrom('', '', ' lang="en"', " a='&lt;'", ' b = "x > y/"');
  return fc.tuple(texts, style, blank, attribute).map(([text, how, space, attributes]) => {
    const around = space.includes('?') || how === 'plain' ? '' : space;
    return `<${prefix}${name}${attributes}>${around}${written(text, how)}${around}</${prefix}${name}>`;
  });
}

function elementXml([name, content]: Node, prefix: string): fc.Arbitrary<string> {
  if (!Array.isArray(content)) return leafXml(name, content as fc.Arbitrary<string>, prefix);
  const children = fc.tuple(...(content as readonly Node[]).map((child) => elementXml(child, prefix)));
  return fc
    .tuple(children, fc.infiniteStream(fc.nat(1000)), blank)
    .map(
      ([parts, keys, space]) =>
        `<${prefix}${name}>${space}${shuffled(parts, keys).join(space)}${space}</${prefix}${name}>`,
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
  if (how === 'references') return [...text].map((char) => `&#x${(char.codePointAt(0) ?? 0).toString(16)};`).join('');
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const half = escaped.search(/[a-z] /) + 1;
  if (how === 'plain' || half === 0) return escaped;
  const middle = how === 'commented' ? '<!-- - > -->' : '<![CDATA[<&>]]>';
  return escaped.slice(0, half) + middle + escaped.slice(half);
}

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

/** Well-formed reports of clean values in every way that XML lets them be written. */
export const reportXml: fc.Arbitrary<string> = fc.constantFrom('', 'd:').chain((prefix) =>
  fc
    .tuple(
      elementXml(metadata, prefix),
      elementXml(policy, prefix),
      fc.array(elementXml(record, prefix), { maxLength: 4 }),
      fc.boolean(),
    )
    .map(([head, published, records, isLast]) => {
      const parts = isLast ? [...records, head, published] : [head, published, ...records];
      const namespace = prefix === '' ? '' : ' xmlns:d="urn:example:reports"';
      return `<?xml version="1.0"?>\n<${prefix}feedback${namespace}>${parts.join('\n')}</${prefix}feedback>\n`;
    }),
);

/** Cuts bytes into chunks; a part of them may be empty. */
export function chunked(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}
