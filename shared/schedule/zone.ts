/** What clocks show in a time zone. All instants are ms since 1970 UTC; a wall time is the same number as if it were UTC. */

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(zone: string): Intl.DateTimeFormat {
  let known = formatters.get(zone)
  if (!known) {
    known = new Intl.DateTimeFormat('en', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formatters.set(zone, known)
  }
  return known
}

/** How far the clocks of a zone are ahead of UTC at an instant, ms. */
export function offsetAt(zone: string, at: number): number {
  const fields: Record<string, number> = {}
  for (const { type, value } of formatter(zone).formatToParts(at)) fields[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000
}

/** A change of clocks: from `at` on they show `after` instead of `before` (ms ahead of UTC). */
export type ClockChange = { at: number; before: number; after: number }

/** The changes of clocks in (from, to], oldest first. Two that undo each other within the span are not seen. */
export function clockChanges(zone: string, from: number, to: number): ClockChange[] {
  const found: ClockChange[] = []
  const search = (low: number, lowOffset: number, high: number, highOffset: number): void => {
    if (lowOffset === highOffset) return
    if (high - low <= 1000) {
      found.push({ at: high, before: lowOffset, after: highOffset })
      return
    }
    const middle = Math.floor((low + high) / 2000) * 1000
    const middleOffset = offsetAt(zone, middle)
    search(low, lowOffset, middle, middleOffset)
    search(middle, middleOffset, high, highOffset)
  }
  const [low, high] = [Math.floor(from / 1000) * 1000, Math.ceil(to / 1000) * 1000]
  search(low, offsetAt(zone, low), high, offsetAt(zone, high))
  return found
}

const shortDay = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const longDay = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const
const shortMonth = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const two = (n: number): string => String(n).padStart(2, '0')

/** `03:00` of a wall time. */
export const clockOf = (wall: number): string => {
  const date = new Date(wall)
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`
}

/** `Sunday` of a wall time. */
export const weekdayOf = (wall: number): string => longDay[new Date(wall).getUTCDay()] ?? ''

/** Each knows the abbreviations of its own part of the world and shows the others as GMT+n. */
const locales = ['en-GB', 'en-US', 'en-AU', 'en-IN', 'en-ZA']

/** `CEST`, or `UTC+5:45` where clocks have no name in English. */
export function zoneAbbreviation(zone: string, at: number): string {
  let last = ''
  for (const locale of locales) {
    const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' }).formatToParts(at)
    last = parts.find(part => part.type === 'timeZoneName')?.value ?? ''
    if (last !== '' && !/^(?:GMT|UTC)[+−-]/.test(last)) return last
  }
  return last.replace('GMT', 'UTC')
}

/** `Sun 29 Mar 03:00 CEST`: what a clock in the zone shows at an instant. */
export function localTime(zone: string, at: number): string {
  const date = new Date(at + offsetAt(zone, at))
  const day = `${shortDay[date.getUTCDay()] ?? ''} ${date.getUTCDate()} ${shortMonth[date.getUTCMonth()] ?? ''}`
  return `${day} ${clockOf(date.getTime())} ${zoneAbbreviation(zone, at)}`
}
