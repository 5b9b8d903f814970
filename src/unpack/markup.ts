const htmlElements = new Set(
  (
    'html head body title meta link base style script div span p a b i u em strong small big br hr img center font ' +
    'table tbody thead tr td th h1 h2 h3 h4 h5 h6 ul ol li dl dt dd pre code blockquote section article header footer ' +
    'main form input label svg o:p'
  ).split(' '),
);

/** Things that may stand before the first element. */
const prolog = /^(?:<\?[^>]*>|<!--[^]*?-->)\s*/;
const prologItems = 20;

/** Whether markup that starts with `<` is a web page or an HTML mail body, judged by its first element. */
export function isHtml(markup: string): boolean {
  let rest = markup;
  for (let item = 0; item < prologItems; item += 1) {
    const match = prolog.exec(rest);
    if (match === null) break;
    rest = rest.slice(match[0].length);
  }
  if (/^<!doctype\s+html/i.test(rest)) return true;
  const element = /^<\/?([a-z][\w.:-]*)/i.exec(rest)?.[1];
  if (element !== undefined) return htmlElements.has(element.toLowerCase());
  return /<html[\s>]/i.test(rest);
}
