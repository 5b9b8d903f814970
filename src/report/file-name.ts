import type { ReportHeader } from '../model/report.js';
import type { Note } from './problems.js';

const form = /^[^!]*!([a-z0-9.-]{1,253})!(\d{9,10})!(\d{9,10})(?:![^!]*)?$/i;

/**
 * The head with what only the file name tells (RFC 7489 section 7.2.1.1: `receiver!policy-domain!begin!end[!unique]`
 * and an extension). What the report says itself is never touched.
 */
export function completedByName(header: ReportHeader, fileName: string | null, note: Note): ReportHeader {
  const [, domain = '', begin = '', end = ''] = form.exec(stem(fileName ?? '')) ?? [];
  if (domain === '') return header;
  const lacksDomain = !header.policy.domain;
  const lacksTimes = header.begin === null && header.end === null && Number(begin) <= Number(end);
  if (lacksDomain) note('from-file-name', 'policy_published/domain', domain);
  if (lacksTimes) note('from-file-name', 'report_metadata/date_range', `${begin}!${end}`);
  return {
    ...header,
    ...(lacksTimes && { begin: Number(begin), end: Number(end) }),
    policy: lacksDomain ? { ...header.policy, domain: domain.toLowerCase() } : header.policy,
  };
}

/** The name without folders and extensions; the unique part may have dots, but no extension of ours. */
function stem(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  return name.slice(0, 1000).replace(/(?:\.(?:xml|gz|gzip|zip))+$/i, '');
}
