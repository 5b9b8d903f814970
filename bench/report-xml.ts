export interface GeneratedReport {
  readonly records: number;
  readonly id?: string;
  /** Every record has a source IP of its own: the worst case for the store. */
  readonly ownAddresses?: boolean;
}

/** A report in the shape of RFC 7489, pretty-printed, in pieces; the same bytes for the same options. */
export function* reportXml({
  records,
  id = '8293631894893125362',
  ownAddresses = false,
}: GeneratedReport): Generator<string> {
  let seed = 42;
  const below = (max: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * max);
  };
  yield `<?xml version="1.0" encoding="UTF-8" ?>\n<feedback>\n${head(id)}`;
  for (let index = 0; index < records; index++)
    yield recordXml(below, ownAddresses ? `2001:db8::${index.toString(16).replace(/(.{1,4})(?=.{4}$)/, '$1:')}` : null);
  yield '</feedback>\n';
}

const head = (id: string) => `  <version>1.0</version>
  <report_metadata>
    <org_name>receiver.example.net</org_name>
    <email>dmarc@receiver.example.net</email>
    <report_id>${id}</report_id>
    <date_range>
      <begin>1704067200</begin>
      <end>1704153599</end>
    </date_range>
  </report_metadata>
  <policy_published>
    <domain>example.org</domain>
    <adkim>r</adkim>
    <aspf>r</aspf>
    <p>none</p>
    <sp>none</sp>
    <pct>100</pct>
  </policy_published>
`;

function recordXml(below: (max: number) => number, own: string | null): string {
  const drawn =
    below(5) === 0 ? `2001:db8:${below(65536).toString(16)}::${1 + below(9999)}` : `198.51.100.${below(256)}`;
  const ip = own ?? drawn;
  const verdict = () => (below(10) < 7 ? 'pass' : 'fail');
  const reason =
    below(8) === 0
      ? `${line(8, '<reason>')}${leaf(10, 'type', 'forwarded')}${leaf(10, 'comment', 'looks forwarded &amp; known')}${line(8, '</reason>')}`
      : '';
  const dkim = Array.from(
    { length: below(4) },
    () =>
      `${line(6, '<dkim>')}${leaf(8, 'domain', 'mail.example.org')}${leaf(8, 'selector', `s${below(9)}`)}${leaf(8, 'result', verdict())}${line(6, '</dkim>')}`,
  );
  return (
    `${line(2, '<record>')}${line(4, '<row>')}${leaf(6, 'source_ip', ip)}${leaf(6, 'count', String(1 + below(40)))}` +
    `${line(6, '<policy_evaluated>')}${leaf(8, 'disposition', 'none')}${leaf(8, 'dkim', verdict())}${leaf(8, 'spf', verdict())}${reason}${line(6, '</policy_evaluated>')}${line(4, '</row>')}` +
    `${line(4, '<identifiers>')}${leaf(6, 'header_from', below(50) === 0 ? 'bücher.example.org' : 'example.org')}${leaf(6, 'envelope_from', 'bounce.example.org')}${line(4, '</identifiers>')}` +
    `${line(4, '<auth_results>')}${dkim.join('')}${line(6, '<spf>')}${leaf(8, 'domain', 'bounce.example.org')}${leaf(8, 'scope', 'mfrom')}${leaf(8, 'result', verdict())}${line(6, '</spf>')}${line(4, '</auth_results>')}${line(2, '</record>')}`
  );
}

function line(indent: number, text: string): string {
  return `${' '.repeat(indent)}${text}\n`;
}

function leaf(indent: number, name: string, text: string): string {
  return line(indent, `<${name}>${text}</${name}>`);
}
