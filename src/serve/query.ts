import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import Type from 'typebox';
import type { Clock } from '../base/clock.js';
import { sourceClasses } from '../model/sender.js';
import { reporterKey } from '../store/store.js';
import type { Page, Place, Rows, Scope } from '../store/store.js';
import { Refusal } from './refusal.js';

const textChars = 4_000;
const listValues = 500;
const daysByDefault = 30;
const latestMs = 253_402_300_799_000;

const optionalText = (description: string) => Type.Optional(Type.String({ maxLength: textChars, description }));

export const rangeParameters = {
  from: optionalText('Begin: milliseconds since the epoch or ISO 8601. Default: 30 days before to.'),
  to: optionalText(
    'End, included: milliseconds since the epoch or ISO 8601; a date alone means all of that day. Default: now.',
  ),
};
export const domainParameter = {
  domain: optionalText('Policy domains, comma separated; * or nothing: all.'),
};
export const filterParameters = {
  ...domainParameter,
  reporter: optionalText(
    'Reporters by name, comma separated (a comma in a name is %2C, a percent sign %25, then URL encoded); * or nothing: all.',
  ),
  source: optionalText('Source IPs, comma separated; * or nothing: all.'),
};

export function pageParameters(byDefault: number, max: number) {
  return {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: max, default: byDefault, description: 'Rows a page.' })),
    cursor: optionalText('next_cursor of the page before.'),
  };
}

export const sourceFilters = {
  ...filterParameters,
  sender: optionalText('Senders by their stable name, comma separated, commas as in reporter; * or nothing: all.'),
  source_class: optionalText(`Classes of senders, comma separated: ${sourceClasses.join(', ')}; * or nothing: all.`),
};

type Name = 'from' | 'to' | 'domain' | 'reporter' | 'source' | 'sender' | 'source_class';
type Texts = { readonly [K in Name]?: string };

/** The scope that a query means. Throws a Refusal that names the parameter. */
export function scopeOf(query: Texts, clock: Clock): Scope {
  return {
    ...rangeOf(query, clock),
    domains: domainsOf(query.domain),
    reporters: listOf(query.reporter, 'reporter')?.map((name) => reporterKey(decodeCommas(name))) ?? null,
    sources: listOf(query.source, 'source')?.map(addressOf) ?? null,
    senders: listOf(query.sender, 'sender')?.map(decodeCommas) ?? null,
    classes: listOf(query.source_class, 'source_class')?.map(classOf) ?? null,
  };
}

/** Unix seconds, both ends included. */
export function rangeOf(query: Texts, clock: Clock): { readonly from: number; readonly to: number } {
  const to = query.to ? momentOf(query.to, 'to') : clock.now();
  const from = query.from ? momentOf(query.from, 'from') : Math.max(0, to - daysByDefault * 86_400_000);
  if (from > to) throw new Refusal(400, 'bad_parameter', 'from must not be after to', 'from');
  return { from: Math.floor(from / 1000), to: Math.floor(to / 1000) };
}

export function domainsOf(value: string | undefined): string[] | null {
  return listOf(value, 'domain')?.map((name) => name.toLowerCase()) ?? null;
}

/** The values of a comma list; null when it means all. */
export function listOf(value: string | undefined, where: string): string[] | null {
  const values = (value ?? '').split(',').map((each) => each.trim()).filter((each) => each !== ''); // prettier-ignore
  if (values.length > listValues) {
    throw new Refusal(400, 'bad_parameter', `${where} takes at most ${listValues} values`, where);
  }
  return values.length === 0 || values.includes('*') ? null : values;
}

/** A reporter's name as the parameter takes it. */
export function encodeCommas(name: string): string {
  return name.replaceAll('%', '%25').replaceAll(',', '%2C');
}

function decodeCommas(name: string): string {
  return name.replace(/%2c/gi, ',').replaceAll('%25', '%');
}

function classOf(text: string): string {
  if ((sourceClasses as readonly string[]).includes(text)) return text;
  const message = `source_class takes ${sourceClasses.join(', ')}, comma separated`;
  throw new Refusal(400, 'bad_parameter', message, 'source_class');
}

function addressOf(text: string): string {
  if (isIP(text) === 0 || text.includes('%')) {
    throw new Refusal(400, 'bad_parameter', 'source must be IPv4 or IPv6 addresses, comma separated', 'source');
  }
  const address = ipaddr.process(text);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

const iso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** Milliseconds since the epoch. A date alone is its first moment as `from`, its last as `to`. */
function momentOf(text: string, where: 'from' | 'to'): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  const date = iso.test(text) && isCalendarDay(text.slice(0, 10)) ? Date.parse(text) : NaN;
  const moment = Number.isNaN(number) ? date : number;
  if (!(moment >= 0 && moment <= latestMs)) {
    const message = `${where} must be milliseconds since the epoch, or ISO 8601 such as 2026-01-31 or 2026-01-31T12:00:00Z`;
    throw new Refusal(400, 'bad_parameter', message, where);
  }
  return where === 'to' && text.length === 10 && text.includes('-') ? moment + 86_400_000 - 1 : moment;
}

/** Date.parse turns 30 February into March. */
function isCalendarDay(text: string): boolean {
  const moment = Date.parse(text);
  return !Number.isNaN(moment) && new Date(moment).toISOString().startsWith(text);
}

/** `width` is how many numbers a place of that list has. */
export function pageOf(
  query: { readonly limit?: number; readonly cursor?: string },
  byDefault: number,
  width = 1,
): Page {
  return { limit: query.limit ?? byDefault, after: query.cursor ? placeOf(query.cursor, width) : null };
}

/** One page of a list that is held whole. */
export function partOf<T>(all: readonly T[], page: Page): Rows<T> {
  const begin = page.after?.[0] ?? 0;
  const end = begin + page.limit;
  return { rows: all.slice(begin, end), next: end < all.length ? [end] : null };
}

export function cursorOf(place: Place): string {
  return Buffer.from(place.join('.')).toString('base64url');
}

function placeOf(cursor: string, width: number): Place {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const place = /^\d{1,15}(\.\d{1,15})*$/.test(text) ? text.split('.').map(Number) : [];
  if (place.length !== width) {
    throw new Refusal(400, 'bad_parameter', 'cursor must be the next_cursor of this list’s page before', 'cursor');
  }
  return place;
}
