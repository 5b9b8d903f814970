/** At most `max` characters, control characters made visible as `?`; safe for a log line or a reason. */
export function plainText(text: string, max = 200): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, '?');
  return clean.length <= max ? clean : clean.slice(0, max - 1) + '…';
}
