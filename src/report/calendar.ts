/** Times as a page writes them: UTC, the hour only where it is not midnight. */

/** '1 January 2007', '1 January 2007 06 UTC' */
export function calendar(time: number): string {
  return written(time, { day: 'numeric', month: 'long', year: 'numeric' });
}

/** '1 Jan 2007', '1 Jan 2007 06 UTC' */
export function shortCalendar(time: number): string {
  return written(time, { day: 'numeric', month: 'short', year: 'numeric' });
}

function written(time: number, parts: Intl.DateTimeFormatOptions): string {
  const date = new Date(time);
  const day = date.toLocaleDateString('en-GB', { ...parts, timeZone: 'UTC' });
  const iso = date.toISOString();
  if (date.getUTCMinutes() !== 0) return `${day} ${iso.slice(11, 16)} UTC`;
  return date.getUTCHours() === 0 ? day : `${day} ${iso.slice(11, 13)} UTC`;
}
