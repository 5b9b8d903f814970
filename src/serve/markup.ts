/** Text that is already HTML. */
export interface Markup {
  readonly html: string;
}

/**
 * The way from a path up to the overview. Links are relative, so that they hold behind a proxy that serves this under
 * a path of its own and takes that path away.
 */
export function topFrom(path: string): string {
  return '../'.repeat(Math.max(0, path.split('/').length - 2)) || './';
}

type Value = string | number | null | Markup | readonly Markup[];

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** What HTML gives a meaning to, and what turns the direction of the text around it (Unicode UAX #9). */
const special = /[&<>"'\p{Bidi_Control}]/gu;

/** HTML with every value escaped that is not markup itself. Attribute values must be quoted in the template. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return { html: parts.reduce((text, part, i) => text + render(values[i - 1] ?? null) + part) };
}

function render(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'string' || typeof value === 'number') {
    return String(value).replace(special, (character) => escapes[character] ?? '\ufffd');
  }
  return 'html' in value ? value.html : value.map((each) => each.html).join('');
}
