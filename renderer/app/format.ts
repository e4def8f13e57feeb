import { formatBytes, formatRange } from '../../shared/units.ts'

/** Words for numbers and times. Times are local with weekday; `zone` is an IANA name, the machine's own without. */

export { formatBytes, formatRange }
export const formatRate = (bytesPerSecond: number) => `${formatBytes(Math.round(bytesPerSecond))}/s`
/** `41,206` */
export const formatCount = (count: number) => count.toLocaleString('en-US')
/** `1 server`, `3 servers` */
export const counted = (count: number, one: string, many = `${one}s`) =>
  `${formatCount(count)} ${count === 1 ? one : many}`
/** Rounded down, so that 100 % is the whole. */
export const formatPercent = (part: number) => `${Math.floor(Math.min(1, Math.max(0, part)) * 100)} %`

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const two = (n: number) => String(n).padStart(2, '0')

/** Exact: `38 s`, `8 min 08 s`, `1 h 52 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return formatDuration(0)
  if (ms < second) return `${Math.round(ms)} ms`
  if (ms < minute) return `${Math.floor(ms / second)} s`
  if (ms < hour) return `${Math.floor(ms / minute)} min ${two(Math.floor((ms % minute) / second))} s`
  if (ms < day) return `${Math.floor(ms / hour)} h ${two(Math.floor((ms % hour) / minute))} min`
  return `${Math.floor(ms / day)} d ${Math.floor((ms % day) / hour)} h`
}

/** Coarse, as for an age: `27 min`, `2 h 2 min`, `36 h`, `4 d`. */
export function formatAge(ms: number): string {
  if (ms < minute) return 'under 1 min'
  if (ms < hour) return `${Math.floor(ms / minute)} min`
  const minutes = Math.floor((ms % hour) / minute)
  if (ms < 10 * hour) return `${Math.floor(ms / hour)} h${minutes > 0 ? ` ${minutes} min` : ''}`
  return ms < 2 * day ? `${Math.floor(ms / hour)} h` : `${Math.floor(ms / day)} d`
}

/** A target in minutes: `30 min`, `4 h`, `24 h`, `7 d`. */
export function formatMinutes(minutes: number): string {
  if (minutes % 1440 === 0 && minutes > 1440) return `${minutes / 1440} d`
  if (minutes < 60) return `${minutes} min`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export const formatAgo = (iso: string, now: number) => {
  const ms = now - Date.parse(iso)
  return ms < minute ? 'just now' : `${formatAge(ms)} ago`
}
export const formatIn = (iso: string, now: number) => {
  const ms = Date.parse(iso) - now
  return ms <= 0 ? 'now' : ms < minute ? `in ${Math.ceil(ms / second)} s` : `in ${formatAge(ms)}`
}

type Parts = Record<
  'weekday' | 'longDay' | 'day' | 'month' | 'longMonth' | 'year' | 'hour' | 'minute' | 'second',
  string
>
const formats = new Map<string, Intl.DateTimeFormat>()

function format(
  key: string,
  zone: string | undefined,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const name = `${key}|${zone ?? ''}`
  const known = formats.get(name)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-GB', { ...options, ...(zone !== undefined && { timeZone: zone }) })
  formats.set(name, made)
  return made
}

function partsOf(at: Date, zone: string | undefined): Parts {
  const read = (style: 'short' | 'long') =>
    Object.fromEntries(
      format(style, zone, {
        weekday: style,
        day: 'numeric',
        month: style,
        year: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        hourCycle: 'h23',
      })
        .formatToParts(at)
        .map(({ type, value }) => [type, value]),
    )
  const short = read('short')
  const part = (name: string) => short[name] ?? ''
  return {
    weekday: part('weekday'),
    day: part('day'),
    month: part('month').slice(0, 3),
    year: part('year'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
    get longDay() {
      return read('long')['weekday'] ?? ''
    },
    get longMonth() {
      return read('long')['month'] ?? ''
    },
  }
}

const dateOf = (at: string | number | Date) => (at instanceof Date ? at : new Date(at))

/** `14:15`, or `14:15:02` */
export function formatClock(at: string | number | Date, seconds = false, zone?: string): string {
  const { hour, minute, second } = partsOf(dateOf(at), zone)
  return seconds ? `${hour}:${minute}:${second}` : `${hour}:${minute}`
}

/** `CET`, `GMT+2` where the zone has no short name. */
export function formatZone(at: string | number | Date, zone?: string): string {
  const parts = format('zone', zone, { timeZoneName: 'short' }).formatToParts(dateOf(at))
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
}

/** As near as it is: `14:15` today, `Fri 02:30` within six days, `9 Mar 02:30`, `9 Mar 2025`. */
export function formatWhen(at: string | number | Date, now: number, zone?: string): string {
  const date = dateOf(at)
  const that = partsOf(date, zone)
  const today = partsOf(new Date(now), zone)
  const clock = `${that.hour}:${that.minute}`
  const sameDay = that.day === today.day && that.month === today.month && that.year === today.year
  if (sameDay) return clock
  if (Math.abs(date.getTime() - now) < 6 * day) return `${that.weekday} ${clock}`
  if (that.year === today.year) return `${that.day} ${that.month} ${clock}`
  return `${that.day} ${that.month} ${that.year}`
}

/** To the second: `Thu 14:15:02` within six days, `9 Mar 14:15:02`, `9 Mar 2025 14:15`. */
export function formatNear(at: string | number | Date, now: number, zone?: string): string {
  const date = dateOf(at)
  const that = partsOf(date, zone)
  const clock = `${that.hour}:${that.minute}`
  if (Math.abs(date.getTime() - now) < 6 * day) return `${that.weekday} ${clock}:${that.second}`
  return that.year === partsOf(new Date(now), zone).year
    ? `${that.day} ${that.month} ${clock}:${that.second}`
    : `${that.day} ${that.month} ${that.year} ${clock}`
}

/** Whole: `Thu 26 Mar 14:15:02`; with the year when it is another one than that of `now`. */
export function formatMoment(at: string | number | Date, now?: number, zone?: string): string {
  const that = partsOf(dateOf(at), zone)
  const year = now !== undefined && partsOf(new Date(now), zone).year === that.year ? '' : ` ${that.year}`
  return `${that.weekday} ${that.day} ${that.month}${now === undefined ? '' : year} ${that.hour}:${that.minute}:${that.second}`
}

/** `Thu 26 Mar 2026` */
export function formatDate(at: string | number | Date, zone?: string): string {
  const { weekday, day, month, year } = partsOf(dateOf(at), zone)
  return `${weekday} ${day} ${month} ${year}`
}

/** A heading: `Thursday 26 March`, with the year when it is not that of `now`. */
export function formatDay(at: string | number | Date, now: number, zone?: string): string {
  const that = partsOf(dateOf(at), zone)
  const year = that.year === partsOf(new Date(now), zone).year ? '' : ` ${that.year}`
  return `${that.longDay} ${that.day} ${that.longMonth}${year}`
}

/** `13:15 UTC`, or `Wed 25 Mar 23:15 UTC` when its day there is another one than here. */
export function formatUtc(at: string | number | Date, seconds = false, zone?: string): string {
  const date = dateOf(at)
  const there = partsOf(date, 'UTC')
  const here = partsOf(date, zone)
  const clock = `${there.hour}:${there.minute}${seconds ? `:${there.second}` : ''} UTC`
  return there.day === here.day ? clock : `${there.weekday} ${there.day} ${there.month} ${clock}`
}
