import type { Header } from './header.js';
import { fieldValue } from './header.js';

/** No mail about DMARC is older than DMARC: its first draft is of January 2012. */
const earliest = Date.UTC(2012, 0, 1) / 1000;
/** A Received field this much later than Date is of a mailbox that was moved, not of the mail's way. Mail servers give up after 5 days. */
const longestWay = 30 * 86_400;
/** RFC 5322 section 2.1.1: longest line. What is behind the date (comments) is not looked at. */
const dateChars = 998;

/**
 * When a mail arrived, Unix seconds: the date of its topmost Received field (RFC 5321 section 4.4), else that of Date. Null when
 * neither can be: older than DMARC, or later than `latest`.
 */
export function arrivalOf(header: Header, latest: number): number | null {
  const possible = (text: string | null): number | null => {
    const at = text === null ? null : timeOf(text);
    return at !== null && at >= earliest && at <= latest ? at : null;
  };
  const received = fieldValue(header, 'received');
  const came = possible(received === null ? null : received.slice(received.lastIndexOf(';') + 1));
  const sent = possible(fieldValue(header, 'date'));
  if (came === null || (sent !== null && came - sent > longestWay)) return sent;
  return came;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dateTime =
  /^(?:[a-z]{3},[ \t]*)?(\d{1,2})[ \t]+([a-z]{3})[ \t]+(\d{4})[ \t]+(\d{1,2}):(\d{2})(?::(\d{2}))?[ \t]*(?:([+-])(\d{2})(\d{2})|([a-z]{1,5})?)/i;

/** Hours from UTC of the names of RFC 5322 section 4.3; every other name says nothing and counts as UTC. */
const zones: Readonly<Record<string, number>> = {
  edt: -4,
  est: -5,
  cdt: -5,
  cst: -6,
  mdt: -6,
  mst: -7,
  pdt: -7,
  pst: -8,
};

/** Unix seconds of a date-time (RFC 5322 section 3.3), or null. */
export function timeOf(text: string): number | null {
  const found = dateTime.exec(text.slice(0, dateChars).trim());
  if (!found) return null;
  const [, day, monthName = '', year, hour, minute, second = '0', ...zone] = found;
  const month = months.indexOf(monthName.toLowerCase());
  const midnight = Date.UTC(Number(year), month, Number(day)) / 1000;
  const [h, m, s] = [Number(hour), Number(minute), Number(second)];
  // A day that the month does not have would be one of the next month.
  const exists = month >= 0 && new Date(midnight * 1000).getUTCDate() === Number(day);
  if (!exists || h > 23 || m > 59 || s > 60) return null;
  return midnight + h * 3600 + m * 60 + s - eastOf(zone);
}

/** Seconds. */
function eastOf([sign, hours, minutes, name = '']: readonly (string | undefined)[]): number {
  if (sign === undefined) return (zones[name.toLowerCase()] ?? 0) * 3600;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}
