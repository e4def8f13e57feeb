// croner: no dependencies, strict about what a pattern may be; only its days are used, because time zones are ours.
import { Cron } from 'croner'
import type { Schedule } from '../plan.ts'

/** The schedule as five cron fields: minute, hour, day of month, month, day of week. */
export function cronOf(schedule: Schedule): string {
  switch (schedule.kind) {
    case 'hours':
      return `${schedule.minute} ${schedule.every === 1 ? '*' : `*/${schedule.every}`} * * *`
    case 'daily': {
      const [hour, minute] = schedule.at.split(':').map(Number)
      return `${minute ?? 0} ${hour ?? 0} * * *`
    }
    case 'cron':
      return schedule.expression.trim().replace(/\s+/g, ' ')
  }
}

/** A cron pattern taken apart: at which times of the day, and on which days. */
export type CronTimes = {
  /** Ascending. */
  hours: readonly number[]
  /** Ascending. */
  minutes: readonly number[]
  /** The first day it runs on at or after `day`; both are wall times of midnight. Null: never again. */
  nextDay(day: number): number | null
}

const known = new Map<string, CronTimes>()

/** @throws Error with words about what is wrong with the pattern */
export function parseCron(pattern: string): CronTimes {
  const before = known.get(pattern)
  if (before) return before
  const fields = pattern.split(' ')
  if (fields.length > 5)
    throw new Error(
      'five fields are expected (minute, hour, day, month, weekday): a plan runs at most once a minute',
    )
  if (fields.length < 5)
    throw new Error('five fields are expected: minute, hour, day of month, month, weekday')
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields
  // The whole pattern is parsed by croner, so that what we read from two of its fields is known to be well-formed.
  make(pattern)
  const days = make(`0 0 ${day} ${month} ${weekday}`)
  const nexts = new Map<number, number | null>()
  const times: CronTimes = {
    hours: valuesOf(hour, 24),
    minutes: valuesOf(minute, 60),
    nextDay(from) {
      const before = nexts.get(from)
      if (before !== undefined) return before
      const next = days.nextRun(new Date(from - 1))?.getTime() ?? null
      if (nexts.size > 2000) nexts.clear()
      nexts.set(from, next)
      return next
    },
  }
  if (known.size > 500) known.clear()
  known.set(pattern, times)
  return times
}

function make(pattern: string): Cron {
  try {
    return new Cron(pattern, { timezone: 'UTC', paused: true, mode: '5-part' })
  } catch (err) {
    throw new Error(wordsOf(err), { cause: err })
  }
}

/** `CronPattern: Invalid value for hour: 25` is not how we talk. */
const wordsOf = (err: unknown): string =>
  (err instanceof Error ? err.message : String(err))
    .replace(/^CronPattern: /, '')
    .replace(/^(?:Syntax error, )?(.)/, (_all, first: string) => first.toLowerCase())
    .replace('dayOfWeek', 'the weekday')
    .replace(/\.$/, '')

/** The values of a field that croner has accepted: `*`, `?`, `5`, `1-9`, `1-9/2`, with a step, with commas. */
function valuesOf(field: string, size: number): number[] {
  const values = new Set<number>()
  for (const part of field.split(',')) {
    const [range = '', step = '1'] = part.split('/')
    const [low = '', high] =
      range === '*' || range === '?' || range === '' ? ['0', String(size - 1)] : range.split('-')
    for (let value = Number(low); value <= Number(high ?? low); value += Number(step)) values.add(value)
  }
  return [...values].filter(value => value >= 0 && value < size).sort((a, b) => a - b)
}
