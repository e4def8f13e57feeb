import { join } from 'node:path'
import type { DecryptWith } from '../archive/age/key.ts'
import { fetchEntryList, readEntryList } from '../archive/entry-list-reader.ts'
import { parsePoint, timeOf } from '../archive/names.ts'
import { EngineError, toFailure } from '../engine-error.ts'
import type { PointPlaces } from '../points/on-server.ts'
import { seeServer } from '../points/on-server.ts'
import { asItLies } from '../points/as-it-lies.ts'
import { openPoint } from '../points/open-point.ts'
import { vendorEntry } from '../points/vendor-point.ts'
import type { RestoreOptions } from './options.ts'
import type { RestoreSource } from './preflight-count.ts'
import type { Finding } from './preflight-lines.ts'
import { failed, pass, stop, warn } from './preflight-lines.ts'
import type { Lines, PreflightPlaces } from './preflight-places.ts'
import { raced } from './raced.ts'

export type FoundPoint = { mark: string; newest: number | null; taken: number }

/** What the server shows of the point; `mark` changes when that does. */
export async function look(
  places: Pick<PointPlaces, 'servers' | 'home'>,
  { point, server }: RestoreOptions,
  signal: AbortSignal,
) {
  const { plan, stamp } = parsePoint(point)
  const seen = await raced(seeServer(places, server, { name: plan, signal }), signal)
  const on = seen.seen.find(one => one.point === point)
  const objects = seen.points.get(point)
  const mark = JSON.stringify([
    on ?? null,
    objects?.manifest ?? null,
    [...(objects?.objects.values() ?? [])].length,
  ])
  return { on, mark, newest: seen.newest, taken: timeOf(stamp) }
}

/** Server, point and proof. @returns null when there is nothing to go on with */
export async function checkServer(
  places: PreflightPlaces,
  options: RestoreOptions,
  { add }: Lines,
  signal: AbortSignal,
): Promise<FoundPoint | null> {
  const since = performance.now()
  const { point, server } = options
  let found
  try {
    found = await look(places, options, signal)
  } catch (err) {
    const fix = 'Check the server under Servers, or take the restore point from another one.'
    if (signal.aborted) add(since, stop('server', `${server} did not answer in time.`, fix))
    else add(since, failed('server', toFailure(err, 'restore.preflight'), fix))
    return null
  }
  add(since, pass('server', `${server} answers.`))
  const { on } = found
  if (!on) {
    add(since, stop('point', `${point} is not on ${server} any more.`, 'Choose another restore point.'))
    return null
  }
  if (on.state === 'incomplete') {
    add(
      since,
      stop(
        'point',
        'Incomplete: parts of it are not on this server.',
        'Choose another restore point, or a server that holds it whole.',
      ),
    )
    return null
  }
  if (on.trash)
    add(
      since,
      warn(
        'point',
        `Complete, and in the trash until ${on.trash.until.slice(0, 10)}.`,
        'Put it back first, so that it is not removed while it is needed.',
      ),
    )
  else
    add(
      since,
      pass(
        'point',
        on.state === 'no-manifest'
          ? 'There, made by a vendor’s own tool.'
          : 'Complete: all of it is there in full size.',
      ),
    )
  add(since, await proofOf(places, options, on.state))
  return found
}

async function proofOf(
  { verified }: Pick<PointPlaces, 'verified'>,
  { point, server }: RestoreOptions,
  state: string,
): Promise<Finding> {
  const book = await verified.read()
  if (book.damaged(server, point))
    return warn(
      'proof',
      'Damaged: when it was last read back, something was not what it was.',
      'Take another restore point or another server’s copy. From this one, files in damaged parts are left out and named.',
    )
  const at = book(server, point)
  if (at !== null) return pass('proof', `Read back whole, ${at.slice(0, 16).replace('T', ' ')} UTC.`)
  if (state === 'no-manifest')
    return warn(
      'proof',
      'A vendor’s tool kept no hashes: there is nothing to compare with.',
      'Check the restored files with that tool.',
    )
  return warn(
    'proof',
    'Unverified: never read back on this machine.',
    'Verify it first when there is time. Each file is compared with its hash while it is restored.',
  )
}

export type OpenedList = { source: RestoreSource; base: string | undefined; content: number }

/** Fetches the entry list and opens it; says whether the secret fits. */
export async function openList(
  { servers, home }: Pick<PointPlaces, 'servers' | 'home'>,
  { point, server }: RestoreOptions,
  secret: DecryptWith | undefined,
  { add }: Lines,
  signal: AbortSignal,
): Promise<OpenedList | null> {
  const since = performance.now()
  try {
    const { manifest, vendor } = await raced(
      openPoint(servers, parsePoint(point), { server, signal }),
      signal,
    )
    const entries = vendor?.map(vendorEntry) ?? asItLies(manifest)
    if (entries) {
      add(since, pass('secret', 'Not encrypted by Drydock.'))
      return {
        source: { vendor: entries },
        base: undefined,
        content: entries.reduce((sum, { size }) => sum + size, 0),
      }
    }
    const [file, ...others] = manifest.files
    if (!file || others.length > 0)
      throw new EngineError('data.format', 'restore.preflight', {
        subject: point,
        detail: 'a point with several components',
      })
    if (file.encryption && !secret?.passphrase && !secret?.identity) {
      add(
        since,
        stop(
          'secret',
          'It is encrypted, and nothing was given to open it.',
          'Give its passphrase or identity with the restore point.',
        ),
      )
      return null
    }
    const store = await raced(servers.open(server), signal)
    const list = await raced(fetchEntryList(store, file, join(home, 'cache'), signal), signal)
    const opens = file.encryption ? secret : undefined
    let base: string | undefined
    for await (const item of readEntryList(list, file, opens, signal)) {
      if ('head' in item) base = item.head.base
      break
    }
    add(since, pass('secret', file.encryption ? 'What was given opens it.' : 'Not encrypted.'))
    return { source: { list, file, secret: opens }, base, content: file.contentBytes }
  } catch (err) {
    const failure = toFailure(err, 'restore.preflight')
    const other = 'Choose another restore point, or take it from another server.'
    if (signal.aborted)
      add(
        since,
        stop(
          'secret',
          'Its list of files did not come in time.',
          'Try again, or take it from another server.',
        ),
      )
    else if (failure.code === 'auth.passphrase')
      add(
        since,
        stop(
          'secret',
          'What was given does not open it.',
          'Give the passphrase or identity of the day it was made.',
        ),
      )
    else add(since, failed('secret', failure, other))
    return null
  }
}
