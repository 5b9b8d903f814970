/** About so many bytes of XML, made to cost its reader more than its size. */
export type HostileXml = (bytes: number) => Buffer;

const open = '<feedback><report_metadata><report_id>1</report_id>';
const inText = `${open}<org_name>`;
const row =
  '<row><source_ip>198.51.100.1</source_ip><count>1</count><policy_evaluated><dkim>pass</dkim></policy_evaluated>';

/** `head`, then `unit` as often as it fits, then `tail`. */
function filled(head: string, unit: string, bytes: number, tail = ''): Buffer {
  const body = Buffer.alloc(Math.max(0, bytes - head.length - tail.length), unit);
  return Buffer.concat([Buffer.from(head), body, Buffer.from(tail)]);
}

/** The same, with numbered units, all of them whole. */
function counted(head: string, unit: (index: number) => string, bytes: number): Buffer {
  const pieces: string[] = [head];
  for (let index = 0, length = head.length; length < bytes; index++) {
    const piece = unit(index);
    pieces.push(piece);
    length += piece.length;
  }
  return Buffer.from(pieces.join(''));
}

const wordOf = (index: number): string =>
  index.toString(36).replace(/\d/g, (digit) => 'klmnopqrst'.charAt(Number(digit)));

/** By what they do. Time over them must grow with their size, and memory must not grow faster. */
export const hostileXml: Readonly<Record<string, HostileXml>> = {
  'bare ampersands in a text': (bytes) => filled(inText, '&', bytes),
  'bare ampersands in texts': (bytes) => filled(open, '<email>&&&&&&&&</email>', bytes),
  'bare ampersands between elements': (bytes) => filled(open, '&<a/>', bytes),
  'ampersands and hashes': (bytes) => filled(inText, '&#', bytes),
  'half references': (bytes) => filled(inText, '&#x1', bytes),
  'long half references': (bytes) => filled(open, `<email>${'&#x0000000'.repeat(90)}</email>`, bytes),
  'unknown entities': (bytes) => filled(open, '<error>&a;&b;&c;&d;</error>', bytes),
  'entities of HTML': (bytes) => filled(open, '<error>&auml;&nbsp;</error>', bytes),
  'numeric references': (bytes) => filled(open, '<error>&#65;&#x42;</error>', bytes),
  'less-than signs': (bytes) => filled(open, '<', bytes),
  'less-than signs in a text': (bytes) => filled(inText, '<', bytes),
  'less-than signs and blanks': (bytes) => filled(inText, '< ', bytes),
  'start tags cut short': (bytes) => filled(inText, '<a ', bytes),
  'start tags in quotes': (bytes) => filled(inText, '<a b="', bytes),
  'a start tag that never ends': (bytes) => filled(`${open}<a `, 'b ', bytes),
  'long start tags cut short': (bytes) => filled(open, `<a ${'b '.repeat(30_000)}`, bytes),
  'start tags just below the bound': (bytes) => filled(open, `<a${' b'.repeat(520_000)}>`, bytes),
  'end tags cut short': (bytes) => filled(inText, '</', bytes),
  'end tags without brackets': (bytes) => filled(open, '</a', bytes),
  'end tags of nothing open': (bytes) => filled(open, '</record>', bytes),
  'end tags of nothing open, deep inside': (bytes) => filled(open + '<a>'.repeat(50), '</record>', bytes),
  'end tags with long junk': (bytes) => filled(open, `</a${' b'.repeat(30_000)}>`, bytes),
  'an end tag that never ends': (bytes) => filled(`${open}</a`, ' ', bytes),
  'a comment that never ends': (bytes) => filled(`${open}<!--`, '-', bytes),
  'comment starts': (bytes) => filled(open, '<!--', bytes),
  'comments of nothing': (bytes) => filled(inText, '<!---->', bytes),
  'a CDATA that never ends': (bytes) => filled(`${inText}<![CDATA[`, ']', bytes),
  'CDATA of nothing': (bytes) => filled(inText, '<![CDATA[]]>', bytes),
  'CDATA and text by turns': (bytes) => filled(inText, 'a<![CDATA[&]]>&', bytes),
  'half CDATA starts': (bytes) => filled(inText, '<![CDATA', bytes),
  'a DOCTYPE that never ends': (bytes) => filled('<!DOCTYPE a', ' a', bytes),
  'a DOCTYPE of brackets': (bytes) => filled('<!DOCTYPE a', '[]', bytes),
  'a DOCTYPE of open brackets': (bytes) => filled('<!DOCTYPE a', '[', bytes),
  'a DOCTYPE of brackets in the report': (bytes) => filled(`${open}<!DOCTYPE a`, '[]', bytes),
  'a DOCTYPE of entities': (bytes) => filled('<!DOCTYPE a [', '<!ENTITY a "&b;&b;">', bytes),
  'DOCTYPE starts': (bytes) => filled(open, '<!DOCTYPE a>', bytes),
  'an instruction that never ends': (bytes) => filled(`${open}<?a `, '?', bytes),
  'instructions of nothing': (bytes) => filled(inText, '<?a?>', bytes),
  'exclamation marks': (bytes) => filled(inText, '<!', bytes),
  'question marks': (bytes) => filled(inText, '<?', bytes),
  'elements in elements': (bytes) => filled(open, '<a>', bytes),
  'elements up to the depth, again and again': (bytes) => filled(open, '<a>'.repeat(60) + '</a>'.repeat(60), bytes),
  'unclosed elements of many names': (bytes) => counted(open, (index) => `<${wordOf(index)}>`, bytes),
  'unclosed known elements': (bytes) => filled('<feedback>', '<record><row><source_ip>', bytes),
  'unclosed leaves': (bytes) => filled(open, '<org_name><email>', bytes),
  'unclosed elements under one end tag': (bytes) => filled(open, `${'<a>'.repeat(55)}</report_metadata>`, bytes),
  'unknown elements': (bytes) => filled(open, '<a/>', bytes),
  'unknown elements of many names': (bytes) => counted(open, (index) => `<${wordOf(index)}/>`, bytes),
  'attributes in one tag': (bytes) => counted(`${open}<a`, (index) => ` ${wordOf(index)}="1"`, bytes),
  'attributes in every tag': (bytes) => filled(open, `<a${' b="1"'.repeat(1000)}/>`, bytes),
  'attributes of the root': (bytes) =>
    filled('<feedback', ' a="b"', Math.min(bytes, 1_000_000), `>${'<record/>'.repeat(Math.floor(bytes / 9))}`),
  'namespaces without a value': (bytes) => filled(`<feedback ${'xmlns = '.repeat(500)}>`, '<record/>', bytes),
  'one long text': (bytes) => filled(inText, 'x', bytes),
  'one long text of two bytes a letter': (bytes) => filled(inText, 'é', bytes),
  'one long text of broken UTF-8': (bytes) => Buffer.concat([Buffer.from(inText), Buffer.alloc(bytes, 0xc3)]),
  'one long text around children': (bytes) => filled(inText, 'x<a/>', bytes),
  'control characters': (bytes) => filled(open, '<error>\u0001\u0002\u0003</error>', bytes),
  'one long name': (bytes) => filled(`${open}<`, 'x', bytes),
  'long names': (bytes) => filled(open, `<${'x'.repeat(60_000)}/>`, bytes),
  'colons in names': (bytes) => filled(open, `<${'x:'.repeat(30_000)}a/>`, bytes),
  'blanks before the first element': (bytes) => filled('', ' ', bytes),
  'blanks between elements': (bytes) => filled(open, ' '.repeat(50_000) + '<a/>', bytes),
  'blanks in a text': (bytes) => filled(open, `<error>${' '.repeat(1000)}x${' '.repeat(1000)}</error>`, bytes),
  'blanks in a declaration': (bytes) => filled('<?xml ', ' encoding', bytes),
  'results in one record': (bytes) =>
    filled(`<feedback><record>${row}</row><auth_results>`, '<dkim><domain>a</domain></dkim>', bytes),
  'reasons in one record': (bytes) =>
    filled(`<feedback><record>${row.replace('</policy_evaluated>', '')}`, '<reason/>', bytes),
  'records of nothing': (bytes) => filled('<feedback>', '<record/>', bytes),
  'records as small as can be': (bytes) =>
    filled('<feedback>', '<record><row><source_ip>198.51.100.1</source_ip></row></record>', bytes),
  'records with problems': (bytes) =>
    filled('<feedback>', `<record>${row}<count>x</count></row><identifiers/></record>`, bytes),
  'addresses of colons': (bytes) =>
    filled('<feedback>', `<record><row><source_ip>${':'.repeat(1000)}</source_ip></row></record>`, bytes),
  'addresses of brackets': (bytes) =>
    filled('<feedback>', `<record><row><source_ip>${'['.repeat(1000)}</source_ip></row></record>`, bytes),
  'addresses of zeros': (bytes) =>
    filled('<feedback>', `<record><row><source_ip>${'0:'.repeat(500)}</source_ip></row></record>`, bytes),
  'counts of many digits': (bytes) =>
    filled('<feedback>', `<record><row><count>${'9'.repeat(1000)}</count></row></record>`, bytes),
  'domains of dots': (bytes) =>
    filled(
      '<feedback>',
      `<record>${row}</row><identifiers><header_from>${'.'.repeat(1000)}</header_from></identifiers></record>`,
      bytes,
    ),
  'domains of at signs and brackets': (bytes) =>
    filled(
      '<feedback>',
      `<record>${row}</row><identifiers><header_from>${'<@>'.repeat(330)}</header_from></identifiers></record>`,
      bytes,
    ),
  'content after the report': (bytes) => filled('<feedback></feedback>', '<a>', bytes),
  'reports one after another': (bytes) => filled('', '<feedback></feedback>', bytes),
  'roots that are none': (bytes) => filled('', '<a>', bytes),
  'UTF-16': (bytes) =>
    Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(filled(open, '<a>&</a>', bytes / 2).toString(), 'utf16le')]),
  'windows-1252': (bytes) =>
    filled('<?xml version="1.0" encoding="windows-1252"?>' + open, '<error>\u0080</error>', bytes),
};

/** A report of as many small records as fit, as most reporters write them. */
export function plainReport(bytes: number): Buffer {
  return counted(
    `${open}</report_metadata>`,
    (index) =>
      `<record><row><source_ip>198.51.100.${index % 256}</source_ip><count>1</count><policy_evaluated><disposition>none</disposition>` +
      '<dkim>pass</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>example.org</header_from></identifiers></record>',
    bytes,
  );
}
