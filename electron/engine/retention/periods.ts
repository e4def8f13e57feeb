/** Periods of a calendar in a time zone: two instants with the same key lie in the same one. */
export type PeriodKeys = { day: string; week: string; month: string; year: string }

const dayMs = 86_400_000

/**
 * @param zone IANA name; @throws RangeError for an unknown one
 * @returns keys of an instant in ms since 1970 UTC. Weeks are those of ISO 8601: they begin on Monday, and the first
 *   of a year is the one with its first Thursday
 */
export function periodsIn(zone: string): (ms: number) => PeriodKeys {
  const offsetOf = offsetsIn(zone)
  return ms => {
    const local = new Date(ms + offsetOf(ms))
    const day = local.toISOString().slice(0, 10)
    return {
      day,
      week: isoWeek(local.getUTCFullYear(), local.getUTCMonth() + 1, local.getUTCDate()),
      month: day.slice(0, 7),
      year: day.slice(0, 4),
    }
  }
}

/**
 * How far a zone's clocks are ahead of UTC, in ms. Asking Intl costs some µs, too much for each of ten thousand points:
 * it is asked at both ends of a day of UTC, and in between only where the clocks change on that day.
 */
function offsetsIn(zone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  const ask = (ms: number): number => {
    const part = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
    for (const { type, value } of format.formatToParts(ms))
      if (type in part) part[type as 'year'] = Number(value)
    const { year, month, day, hour, minute, second } = part
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000
  }
  const midnights = new Map<number, number>()
  const atMidnight = (day: number): number => {
    const known = midnights.get(day) ?? ask(day * dayMs)
    midnights.set(day, known)
    return known
  }
  return ms => {
    const day = Math.floor(ms / dayMs)
    const offset = atMidnight(day)
    return offset === atMidnight(day + 1) ? offset : ask(ms)
  }
}

/** `2026-W01` of a date of the calendar. */
export function isoWeek(year: number, month: number, day: number): string {
  const date = Date.UTC(year, month - 1, day)
  const weekday = (new Date(date).getUTCDay() + 6) % 7
  // A week belongs to the year in which its Thursday lies.
  const thursday = date + (3 - weekday) * dayMs
  const own = new Date(thursday).getUTCFullYear()
  const week = Math.floor((thursday - Date.UTC(own, 0, 1)) / (7 * dayMs)) + 1
  return `${own}-W${String(week).padStart(2, '0')}`
}
