/** Whether `nowMs` lies in `FROM-TO ZONE`, such as `22:00-07:00 Europe/Berlin`; the end is no longer quiet. UTC without a zone. */
export function isQuiet(hours: string | null, nowMs: number): boolean {
  if (hours === null) return false;
  const [span = '', zone = 'UTC'] = hours.split(' ');
  const [from = '', to = ''] = span.split('-');
  const now = clockTime(nowMs, zone);
  return from <= to ? from <= now && now < to : from <= now || now < to;
}

/** `07:05` on a wall in that zone. */
function clockTime(nowMs: number, zone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: zone,
  });
  return format.format(nowMs);
}
