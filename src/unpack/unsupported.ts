interface Mark {
  readonly bytes: Buffer;
  readonly reason: string;
}

const mark = (hex: string, reason: string): Mark => ({ bytes: Buffer.from(hex, 'hex'), reason });

const marks: readonly Mark[] = [
  mark('789f3e22', 'winmail.dat (TNEF) is not readable; the sending Outlook must send in MIME format'),
  mark('526172211a07', 'a RAR archive'),
  mark('377abcaf271c', 'a 7z archive'),
  mark('fd377a585a00', 'an xz archive'),
  mark('28b52ffd', 'zstd data'),
  mark('1f9d', 'compress (.Z) data'),
];

/** 1.2.840.113549.1.7, the arc of PKCS #7 and CMS content types (RFC 5652). */
const cmsArc = Buffer.from('06092a864886f70d0107', 'hex');
/** Content type `data` without content, definite and indefinite length: a detached signature. */
const detached = [
  Buffer.from('300b06092a864886f70d010701', 'hex'),
  Buffer.from('308006092a864886f70d0107010000', 'hex'),
];

/** Names what could hide a report but is not opened; null for anything else, pictures and PDF included. */
export function unsupportedKind(head: Buffer): string | null {
  for (const { bytes, reason } of marks) {
    if (head.subarray(0, bytes.length).equals(bytes)) return reason;
  }
  if (/^BZh[1-9]1AY&SY/.test(head.toString('latin1', 0, 10))) return 'a bzip2 archive';
  return isSealedCms(head) ? 'an encrypted or opaquely signed S/MIME message (smime.p7m)' : null;
}

function isSealedCms(head: Buffer): boolean {
  if (head[0] !== 0x30) return false;
  const start = head.subarray(0, 96);
  const arc = start.indexOf(cmsArc);
  return arc >= 0 && arc <= 8 && !detached.some((bytes) => start.includes(bytes));
}
