/** A MIME node as text: header lines, an empty line, the body. Lines end in CRLF. */
export interface Node {
  readonly headers: readonly string[];
  readonly body: string;
}

const crlf = '\r\n';

/** The whole node; the last line ends in CRLF. */
export function render(node: Node): string {
  return `${node.headers.join(crlf)}${crlf}${crlf}${node.body}${node.body.endsWith(crlf) ? '' : crlf}`;
}

/** RFC 2046 section 5.1. `parameters` starts with `; ` when there are any. */
export function multipart(subtype: string, boundary: string, children: readonly Node[], parameters = ''): Node {
  const parts = children.map((child) => `--${boundary}${crlf}${render(child)}`);
  return {
    headers: [`Content-Type: multipart/${subtype}; boundary="${boundary}"${parameters}`],
    body: `${parts.join('')}--${boundary}--${crlf}`,
  };
}

/** RFC 2045 section 6.8. */
export function base64Lines(bytes: Uint8Array | string, width = 76): string {
  const text = Buffer.from(bytes).toString('base64');
  const lines = text.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  return lines.join(crlf) + crlf;
}

export function plainPart(text: string): Node {
  return {
    headers: ['Content-Type: text/plain; charset="us-ascii"', 'Content-Transfer-Encoding: 7bit'],
    body: text.replaceAll('\n', crlf),
  };
}

/** RFC 5322 section 3.3, in UTC. */
export function mailDate(seconds: number): string {
  return new Date(seconds * 1000).toUTCString().replace('GMT', '+0000');
}
