import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Reading, ReportRecord } from '../../src/model/report.js';
import type { ContainerEnding } from '../../src/model/report-file.js';
import { readReport, ReportReader } from '../../src/report/report.js';
import { readAll } from '../support/report-line.js';

const head =
  '<feedback><version>1.0</version><report_metadata><org_name>receiver.example.net</org_name><report_id>r-1</report_id>' +
  '<date_range><begin>1704067200</begin><end>1704153599</end></date_range></report_metadata>' +
  '<policy_published><domain>example.org</domain><p>none</p></policy_published>';
const record =
  '<record><row><source_ip>198.51.100.1</source_ip><count>5</count><policy_evaluated><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>' +
  '<identifiers><header_from>example.org</header_from></identifiers></record>';
const whole = `${head}${record}</feedback>`;
const problem = { code: 'crc', where: '', detail: 'the checksum is wrong' };

async function readFile(text: string, state: ContainerEnding['state']) {
  const records: ReportRecord[] = [];
  async function* chunks() {
    for (const piece of text.match(/[^]{1,100}/g) ?? []) yield await Promise.resolve(Buffer.from(piece));
  }
  const file = {
    kind: 'file' as const,
    members: [],
    chunks: chunks(),
    ending: () => ({ state, problems: state === 'complete' ? [] : [problem] }),
  };
  const reading = await readReport(file, { record: (each) => records.push(each) });
  return { reading, records };
}

describe('readReport', () => {
  it('drains the file and gives the header, the sums and the digest of the bytes', async () => {
    const { reading, records } = await readFile(whole, 'complete');
    expect(records).toHaveLength(1);
    expect(reading).toMatchObject({
      outcome: 'report',
      reason: '',
      generation: 'rfc7489',
      namespace: null,
      header: { orgName: 'receiver.example.net', reportId: 'r-1', begin: 1704067200, end: 1704153599 },
      totals: { records: 1, messages: 5, dkimPass: 5, spfPass: 0, pass: 5 },
      problems: [],
      digest: createHash('sha256').update(whole).digest('hex'),
      bytes: whole.length,
    });
  });

  it.each(['truncated', 'corrupt'] as const)(
    'calls a report partial when its container is %s, though the XML is whole',
    async (state) => {
      const { reading, records } = await readFile(whole, state);
      expect(reading.outcome).toBe('partial');
      expect(reading.reason).not.toBe('');
      expect(reading.problems).toEqual([problem]);
      expect(records).toHaveLength(1);
    },
  );

  it('takes a whole report from a container that is too large after it', async () => {
    expect((await readFile(whole, 'oversized')).reading.outcome).toBe('report');
  });

  it('calls what was read of an oversized report partial', async () => {
    const { reading, records } = await readFile(head + record, 'oversized');
    expect(reading).toMatchObject({ outcome: 'partial', reason: 'it is larger than the limit' });
    expect(records).toHaveLength(1);
  });

  it.each(['', '<feedback><report_metadata>', 'no XML'])(
    'calls an oversized file oversized when %j is all that was read',
    async (text) => {
      expect((await readFile(text, 'oversized')).reading).toMatchObject({ outcome: 'oversized', header: null });
    },
  );

  it.each(['', '<feedback><report_metadata>', 'no XML'])(
    'calls a truncated file malformed when %j is all that was read',
    async (text) => {
      expect((await readFile(text, 'truncated')).reading).toMatchObject({ outcome: 'malformed', header: null });
    },
  );

  it('lets the failure of the sink through', async () => {
    const file = {
      kind: 'file' as const,
      members: [],
      chunks: [Buffer.from(whole)],
      ending: () => ({ state: 'complete' as const, problems: [] }),
    };
    const full = () => {
      throw new Error('disk full');
    };
    await expect(readReport(file, { record: full })).rejects.toThrow('disk full');
  });
});

describe('ReportReader', () => {
  it('knows the header before the report ends', () => {
    const reader = new ReportReader({ record: () => undefined }, undefined, 64);
    expect(reader.header).toBeNull();
    reader.write(Buffer.from(head + record));
    expect(reader.header).toMatchObject({ reportId: 'r-1', policy: { domain: 'example.org' } });
  });

  it('does not keep the memory of a chunk', () => {
    const records: ReportRecord[] = [];
    const reader = new ReportReader({ record: (each) => records.push(each) }, undefined, 16);
    const memory = Buffer.alloc(20);
    for (let at = 0; at < whole.length; at += memory.length) {
      const length = memory.write(whole.slice(at, at + memory.length), 'latin1');
      reader.write(memory.subarray(0, length));
    }
    expect(reader.end().outcome).toBe('report');
    expect(records[0]).toMatchObject({ sourceIp: '198.51.100.1', headerFrom: 'example.org' });
  });

  it.each([
    ['utf-16le', 'utf16le' as const, '\ufeff'],
    ['utf-16le without a byte order mark', 'utf16le' as const, ''],
    ['utf-8 with a byte order mark', 'utf8' as const, '\ufeff'],
  ])('reads %s in chunks of three bytes', (_name, encoding, mark) => {
    const bytes = Buffer.from(mark + whole.replace('receiver', 'Ĝ𝄞 receiver'), encoding);
    const chunks = Array.from({ length: Math.ceil(bytes.length / 3) }, (_, index) =>
      bytes.subarray(index * 3, index * 3 + 3),
    );
    const { reading } = readAll(chunks, { blockSize: 7 });
    expect(reading.header?.orgName).toBe('Ĝ𝄞 receiver.example.net');
  });

  it('knows a TLS report behind a byte order mark', () => {
    const { reading } = readAll(['\ufeff{"organization-name":"o","policies":[]}']);
    expect(reading.outcome).toBe('tls-report');
  });

  it('reads utf-16be', () => {
    const { reading } = readAll([Buffer.from(`\ufeff${whole}`, 'utf16le').swap16()]);
    expect(reading.outcome).toBe('report');
  });

  it.each(['quux-8', 'replacement', 'utf-7'])('reads a declaration of %s as UTF-8 and says so', (label) => {
    const { reading } = readAll([`<?xml version="1.0" encoding="${label}"?>${whole}`]);
    expect(reading).toMatchObject({
      outcome: 'report',
      problems: [{ code: 'encoding', detail: `declared as ${label}` }],
    });
  });

  it.each(['', 'x:'])(
    'says that a second report follows, wherever its start tag is cut, when the prefix is %j',
    (prefix) => {
      const report = whole.replace(/<(\/?)(?=[a-z])/g, `<$1${prefix}`);
      const twice = Buffer.from(`${report}\n${report}`);
      for (let cut = report.length; cut < report.length + 20; cut++) {
        const { reading, records } = readAll([twice.subarray(0, cut), twice.subarray(cut)], { blockSize: 4 });
        expect(records).toHaveLength(1);
        expect(reading).toMatchObject({
          outcome: 'partial',
          problems: [{ code: 'trailing-content' }, { code: 'second-report' }],
        });
      }
    },
  );

  it.each([
    ['a text', '{"a":1}'],
    ['an element', '<a>x</a>'],
    ['a text behind the declaration', '<?xml version="1.0"?>"'],
  ])('says that %s stands before the report', (_what, lead) => {
    const { reading } = readAll([lead, whole]);
    expect(reading).toMatchObject({ outcome: 'report', problems: [{ code: 'leading-content' }] });
  });

  it('has nothing to say of blanks, comments and instructions before the report', () => {
    expect(readAll(['\n <?xml version="1.0"?>\n<!-- a --><?b?>\t', whole]).reading.problems).toEqual([]);
  });

  it.each(['&#0;', '&#xD800;', '&#x110000;'])('replaces %s, which is no character, and says so', (reference) => {
    const { reading } = readAll([whole.replace('receiver', reference)]);
    expect(reading.header?.orgName).toBe('\ufffd.example.net');
    expect(reading.problems).toEqual([{ code: 'bad-reference', where: 'report_metadata/org_name', detail: reference }]);
  });

  it('gives the namespace decoded and without control characters', () => {
    const { reading } = readAll([whole.replace('<feedback>', '<feedback xmlns="urn:a\u0001\u001b[31mé&amp;">')]);
    expect(reading.namespace).toBe('urn:a?[31mé&');
  });

  it('is whole when what follows is no report', () => {
    const { reading } = readAll([whole, '<feed></feed> back']);
    expect(reading).toMatchObject({ outcome: 'report', problems: [{ code: 'trailing-content' }] });
  });
});

describe('the name of the file', () => {
  const name = 'reports/mail.example.net!Example.org!1704067200!1704153599!a.1.xml.gz';
  const noRange = whole.replace(/<date_range>.*<\/date_range>/s, '');
  const noDomain = whole.replace(/<domain>[^<]*<\/domain>/, '');

  function read(text: string, fileName: string | null): Reading {
    const reader = new ReportReader({ record: () => undefined });
    reader.write(Buffer.from(text));
    return reader.end(undefined, fileName);
  }
  const notes = ({ problems }: Reading) =>
    problems.filter(({ code }) => code === 'from-file-name').map(({ where, detail }) => [where, detail]);

  it('stands for a missing period', () => {
    const reading = read(noRange, name);
    expect(reading.header).toMatchObject({ begin: 1704067200, end: 1704153599 });
    expect(notes(reading)).toEqual([['report_metadata/date_range', '1704067200!1704153599']]);
  });

  it('stands for a missing policy domain', () => {
    const reading = read(noDomain, name);
    expect(reading.header?.policy.domain).toBe('example.org');
    expect(notes(reading)).toEqual([['policy_published/domain', 'Example.org']]);
  });

  it('says nothing against the report', () => {
    const reading = read(whole, 'mail.example.net!example.com!1800000000!1800086399.xml');
    expect(reading.header).toEqual(read(whole, null).header);
    expect(notes(reading)).toEqual([]);
  });

  it.each([
    'report.xml',
    'a!example.org!1704067200.xml',
    'a!example.org!1704153599!1704067200.xml',
    'a!example.org!17040672001!17041535991.xml',
    'a!exa mple.org!1704067200!1704153599.xml',
    '!'.repeat(5000),
  ])('is not taken when it is %s', (fileName) => {
    expect(read(noRange, fileName).header).toMatchObject({ begin: null, end: null });
  });
});

describe('what stands in a verdict, a number or an address', () => {
  const one = (from: string, to: string) => {
    const { reading, records } = readAll([whole.replace(from, to)]);
    return { reading, row: records[0], codes: reading.problems.map(({ code }) => code) };
  };
  const blanks = ' '.repeat(1100);

  it.each([
    ['an element', 'pa<b>NOT </b>ss', 'element-in-text'],
    ['an element of the report', 'pass<result>fail</result>', 'element-in-text'],
    ['an element without its end', 'pass<b>ed', 'element-in-text'],
    ['an end tag of nothing', 'pa</x>ss', 'stray-end-tag'],
    ['CDATA as long as a text may be', `<![CDATA[pass${blanks}]]>ed? no: fail`, 'text-cut'],
    ['blanks as long as a text may be', `pass${blanks}<b/>ed? no: fail`, 'text-cut'],
    ['a control character', 'pa\u0001ss', 'control-character'],
    ['a C1 control character', 'pa\u009bss', 'control-character'],
  ])('is no pass with %s in it', (_what, text, code) => {
    const { reading, row, codes } = one('<dkim>pass</dkim>', `<dkim>${text}</dkim>`);
    expect(row?.dkim).not.toBe('pass');
    expect(reading.totals.pass).toBe(0);
    expect(codes).toContain(code);
  });

  it.each(['<dkim>pass</dkim><dkim>fail</dkim>', '<x:dkim>pass</x:dkim><dkim>fail</dkim>'])(
    'is no pass where two contradict each other: %s',
    (twice) => {
      const { row, codes } = one('<dkim>pass</dkim>', twice);
      expect(row?.dkim).toBe('pass, fail…');
      expect(codes).toEqual(['repeated', 'unknown-word']);
    },
  );

  it('counts the first of two that say the same', () => {
    expect(one('<dkim>pass</dkim>', '<dkim>pass</dkim><dkim>PASS</dkim>').row?.dkim).toBe('pass');
  });

  it('makes no other number of the pieces of one', () => {
    const { row, codes } = one('<count>5</count>', '<count>1<x/>2</count>');
    expect(row).toBeUndefined();
    expect(codes).toEqual(['element-in-text', 'bad-count']);
  });

  it('makes no other address of the pieces of one', () => {
    const { row, codes } = one('198.51.100.1<', '198.51.<x/>100.1<');
    expect(row).toBeUndefined();
    expect(codes).toEqual(['element-in-text', 'bad-source-ip']);
  });
});

describe('records that are not read', () => {
  it.each([
    ['in an unknown element', `${head}<records>${record}</records></feedback>`, 'record-left-out'],
    ['behind the end of the report', `${whole}${record}`, 'second-report'],
    ['in front of an end tag without its start', `${head}<row>1</row></record></feedback>`, 'stray-end-tag'],
    ['in an extension without its end', `${head}<extension>${record}</feedback>`, 'unclosed-element'],
    ['as a second row', whole.replace('</row>', '</row><row><count>500</count></row>'), 'repeated'],
  ])('%s make the report partial', (_where, text, code) => {
    const { reading } = readAll([text]);
    expect(reading.outcome).toBe('partial');
    expect(reading.problems.map((each) => each.code)).toContain(code);
  });

  it('in an extension of its maker are none', () => {
    const { reading } = readAll([whole.replace('</feedback>', `<extension>${record}</extension></feedback>`)]);
    expect(reading).toMatchObject({ outcome: 'report', problems: [] });
  });
});

it.each(['see the <feedback> tag', '<feedback> is what we want', '<https://example.org/feedback>'])(
  'a text that says %s is no report',
  (text) => {
    expect(readAll([text]).reading.outcome).toBe('not-a-report');
  },
);

it.each(['<feedback>', '<feedback><report_', '<feedback>\n  <!-- made by'])(
  'a report that is cut to %j is malformed',
  (text) => {
    expect(readAll([text]).reading.outcome).toBe('malformed');
  },
);

it.each(['unicode', 'ucs-2', 'utf-16le'])('reads plain bytes as UTF-8 though they are declared as %s', (label) => {
  const { reading } = readAll([`<?xml version="1.0" encoding="${label}"?>${whole}`]);
  expect(reading).toMatchObject({ outcome: 'report', problems: [{ code: 'encoding' }] });
});
