/** Marks that turn the direction of text, hide in it or show nothing: a name must look like what it is. */
const hiding = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;
// eslint-disable-next-line no-control-regex -- control characters are what this is about
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
/** Half of a pair: no UTF-8, and some receivers refuse the whole message for it. */
const half = /\p{Surrogate}/gu;

/** Text from outside as one line that shows all it holds, and no address that a receiver makes a link of. */
export function visible(text: string): string {
  return text.replace(control, ' ').replace(hiding, '').replace(half, '\ufffd').replaceAll('://', ': //').trim();
}

/** At most `max` UTF-16 units of `text` after `escape`, never half a character or half an escape. */
export function fit(text: string, max: number, escape: (char: string) => string = same): string {
  return fitBy(text, max, escape, (piece) => piece.length);
}

/** The same in bytes of UTF-8. */
export function fitBytes(text: string, max: number): string {
  return fitBy(text, max, same, (piece) => Buffer.byteLength(piece));
}

/** The same in bytes inside the quotes of JSON. */
export function fitJsonBytes(text: string, max: number): string {
  return fitBy(text, max, same, (piece) => Buffer.byteLength(JSON.stringify(piece)) - 2);
}

const cutMark = '…';

function fitBy(text: string, max: number, escape: (char: string) => string, sizeOf: (text: string) => number): string {
  let whole = '';
  let size = 0;
  let cut = '';
  for (const char of text) {
    const piece = escape(char);
    size += sizeOf(piece);
    if (size > max) return cut + cutMark;
    whole += piece;
    if (size <= max - sizeOf(cutMark)) cut = whole;
  }
  return whole;
}

function same(char: string): string {
  return char;
}
