/**
 * At most `max` characters; control characters, and those that turn the direction of the text around them (Unicode UAX #9), made
 * visible as `?`. Safe for a log line or a reason.
 */
export function plainText(text: string, max = 200): string {
  const clean = text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, '?');
  return clean.length <= max ? clean : clean.slice(0, max - 1) + '…';
}
