import type { Entry, EntryKind } from '../../../engine/archive/entry.ts'
import { mtimeToIso } from '../../../engine/archive/entry.ts'
import { pathFields, rawFromText, rawToDisplay } from '../../../engine/archive/raw-path.ts'
import { EngineError } from '../../../engine/engine-error.ts'
import type { EntryFilter } from '../../../engine/points/point.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done } from '../ending.ts'
import { withEngine } from '../session.ts'
import type { PointOptions } from './opened-point.ts'
import { openPoint, secretOf } from './opened-point.ts'

/** Lists a point, or the entry at `path` and what is under it. */
export async function ls(
  ctx: CliContext,
  point: string,
  path: string | undefined,
  options: PointOptions,
): Promise<Ending> {
  const under = path === undefined ? '' : path.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '')
  return await list(
    ctx,
    point,
    under === '' || under === '.' ? {} : { under: rawFromText(under) },
    options,
    found => {
      if (found === 0 && under !== '')
        throw new EngineError('input.invalid', 'point.entries', {
          subject: under,
          detail: `${point} holds no such entry; paths are as drydock ls ${point} lists them`,
        })
    },
  )
}

/** Lists the entries whose whole path matches. None is no failure. */
export async function find(
  ctx: CliContext,
  point: string,
  glob: string,
  options: PointOptions,
): Promise<Ending> {
  return await list(ctx, point, { only: [glob] }, options, found => {
    if (found === 0)
      ctx.out.say(
        `Nothing in ${point} matches ${glob}. * stops at /, ** does not; the whole path must match.`,
      )
  })
}

async function list(
  ctx: CliContext,
  point: string,
  filter: EntryFilter,
  options: PointOptions,
  atEnd: (found: number) => void,
): Promise<Ending> {
  const { out } = ctx
  return await withEngine(ctx, options, async session => {
    const opened = await openPoint(ctx, session, point, options)
    const secret = await secretOf(session, opened)
    let found = 0
    for await (const entry of session.engine.points.entries(opened, filter, secret, ctx.interrupts.signal)) {
      found++
      if (out.json) await out.event('entry', entryFields(entry))
      else await out.line(lineOf(entry))
      if (out.closed) break
    }
    atEnd(found)
    return done({ point: opened.point, server: opened.server, entries: found })
  })
}

export const entryFields = (entry: Entry) => ({
  ...pathFields(entry.path),
  kind: entry.kind,
  size: entry.size,
  mtime: mtimeToIso(entry.mtime),
  mode: entry.mode,
})

const letters: Record<EntryKind, string> = {
  file: '-',
  folder: 'd',
  symlink: 'l',
  hardlink: 'h',
  fifo: 'p',
  'char-device': 'c',
  'block-device': 'b',
}

/** As `ls -l` shows it; times are UTC. */
export function lineOf(entry: Entry): string {
  const owner = `${entry.user || entry.uid} ${entry.group || entry.gid}`
  const time = mtimeToIso(entry.mtime).slice(0, 16).replace('T', ' ')
  const target =
    entry.link === undefined
      ? ''
      : ` ${entry.kind === 'hardlink' ? 'link to' : '->'} ${rawToDisplay(entry.link)}`
  return `${letters[entry.kind]}${modeText(entry.mode)} ${owner.padEnd(17)} ${String(entry.size).padStart(12)} ${time} ${rawToDisplay(entry.path)}${target}`
}

/** `0o4755` → `rwsr-xr-x`. */
export function modeText(mode: number): string {
  const bits = [...'rwxrwxrwx'].map((letter, i) => (mode & (0o400 >> i) ? letter : '-'))
  const special = (at: number, bit: number, letter: string) => {
    if (mode & bit) bits[at] = bits[at] === '-' ? letter.toUpperCase() : letter
  }
  special(2, 0o4000, 's')
  special(5, 0o2000, 's')
  special(8, 0o1000, 't')
  return bits.join('')
}
