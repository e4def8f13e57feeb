import { randomBytes } from 'node:crypto'
import { EngineError } from '../../engine-error.ts'
import { foreignRepository } from '../foreign-repository.ts'
import type { ObjectStore, ProbeCheck, ProbeReport } from '../object-store.ts'
import type { FtpConnection } from './ftp-connection.ts'
import { fromFtpError, isReply } from './ftp-errors.ts'
import { modifiedAt, removeFile, renameFile, sizeOf } from './ftp-files.ts'
import type { FtpSession, ResumeWay } from './ftp-session.ts'
import { FtpTransfer } from './ftp-transfer.ts'

const during = 'server.test'
/** Certificates that end sooner than this, in ms, are worth a warning. */
const soonMs = 21 * 24 * 3600_000
/** A clock that differs by more than this, in ms, is worth one too. */
const skewMs = 2 * 60_000

type Learned = ProbeReport['learned']
type Notes = { checks: ProbeCheck[]; learned: Learned }

/**
 * Tries out what the server can do, with two objects that are removed again; beside a repository of the vendor's it
 * writes nothing. Failing to connect, to log in or to trust the server throws; what comes later is a check of the report.
 */
export async function probeFtp(
  store: ObjectStore,
  session: FtpSession,
  signal: AbortSignal | undefined,
): Promise<ProbeReport> {
  const notes: Notes = { checks: [], learned: {} }
  const call = { during, subject: session.about, purpose: 'write', signal } as const
  await session.use({ ...call, purpose: 'look' }, async connection =>
    aboutConnection(notes, session, connection),
  )
  const foreign = await foreignRepository(store, signal)
  if (foreign) return { ...notes, checks: [...notes.checks, foreign] }
  const name = `drydock-probe-${randomBytes(6).toString('hex')}.bin`
  const body = randomBytes(70_000)
  try {
    await store.put(name, body, { signal })
    add(notes, 'write', true, 'info', 'an object was written and renamed into place')
    notes.learned['rename'] = true
  } catch (err) {
    const failure = fromFtpError(err, during, name)
    if (failure.code === 'cancelled') throw failure
    add(notes, 'write', false, 'stop', failure.message)
    return notes
  }
  try {
    await session.use(call, async connection => {
      await aboutSize(notes, connection, name, body.length)
      await aboutReplacing(notes, connection, name, body.length)
      await aboutClock(notes, connection, name)
      await aboutResuming(notes, session, connection, name, body)
    })
    await aboutRanges(notes, store, name, body, signal)
  } finally {
    for (const left of [name, ...spares(name)]) await store.remove(left).catch(() => {})
  }
  // Last, because any of the transfers above may have found out.
  if (session.security.limited) {
    notes.learned['tlsMax'] = '1.2'
    add(notes, 'tls session', true, 'info', 'the server and TLS 1.3 do not get on; TLS 1.2 is used')
  }
  return notes
}

function aboutConnection(notes: Notes, session: FtpSession, connection: FtpConnection): void {
  add(notes, 'login', true, 'info', `logged in at ${session.about}`)
  const { tls } = connection
  if (tls === null) {
    const detail = 'plain FTP: the password and the data can be read and changed by anyone on the way'
    add(notes, 'tls', false, 'warn', detail)
  } else {
    const ends = tls.certificateEnds
    const soon = ends !== null && ends.getTime() - Date.now() < soonMs
    const until = ends === null ? '' : `, certificate valid until ${ends.toISOString().slice(0, 10)}`
    add(notes, 'tls', !soon, soon ? 'warn' : 'info', `${tls.version.replace('v', ' ')}${until}`)
    notes.learned['tls'] = tls.version
    if (ends !== null) notes.learned['certificateEnds'] = ends.toISOString()
  }
  const mlsd = connection.offers('MLST') || connection.offers('MLSD')
  notes.learned['mlsd'] = mlsd
  add(notes, 'features', true, 'info', connection.features.slice(0, 40).join(', ') || 'the server names none')
  const detail = mlsd ? 'exact listings (MLSD)' : 'no MLSD: listings are read as people would read them'
  add(notes, 'listing', mlsd, 'info', detail)
}

async function aboutSize(
  notes: Notes,
  connection: FtpConnection,
  name: string,
  expected: number,
): Promise<void> {
  const size = await sizeOf(connection, name)
  if (size === expected) add(notes, 'size', true, 'info', 'the server tells the size of an object')
  else
    add(
      notes,
      'size',
      false,
      'stop',
      `the server says ${size ?? 'nothing'} for an object of ${expected} bytes`,
    )
}

async function aboutReplacing(
  notes: Notes,
  connection: FtpConnection,
  name: string,
  size: number,
): Promise<void> {
  const [other] = spares(name)
  await storeSmall(connection, other, Buffer.alloc(size))
  try {
    await renameFile(connection, name, other, false)
    await renameFile(connection, other, name, false)
    notes.learned['renameReplaces'] = true
    add(notes, 'rename', true, 'info', 'a rename replaces an existing object in one step')
  } catch (err) {
    if (!isReply(err)) throw err
    notes.learned['renameReplaces'] = false
    add(notes, 'rename', true, 'info', 'a rename spares an existing object; replacing takes two steps')
    await removeFile(connection, other)
  }
}

async function aboutClock(notes: Notes, connection: FtpConnection, name: string): Promise<void> {
  const then = Date.now()
  // The object was made just before; a file of its own, made now, tells the server's present.
  const [, stamp] = spares(name)
  await storeSmall(connection, stamp, Buffer.from('now'))
  const modified = await modifiedAt(connection, stamp)
  await removeFile(connection, stamp)
  if (modified === null) {
    add(notes, 'clock', true, 'info', 'the server does not tell when an object was changed')
    return
  }
  // Whole seconds, cut off: half a second in the middle.
  const ahead = Math.round((modified + 500 - (then + Date.now()) / 2) / 1000)
  notes.learned['clockAheadSeconds'] = ahead
  const off = Math.abs(ahead) * 1000 > skewMs
  add(
    notes,
    'clock',
    !off,
    off ? 'warn' : 'info',
    `the server's clock is ${ahead} s ahead of this one (± 1 s)`,
  )
}

/** Writes half, then the rest, first with REST and STOR, then with APPE, and looks at what became of it. */
async function aboutResuming(
  notes: Notes,
  session: FtpSession,
  connection: FtpConnection,
  name: string,
  body: Buffer,
): Promise<void> {
  const [, , other] = spares(name)
  const half = body.length >> 1
  let way: ResumeWay = 'none'
  for (const [candidate, command, held] of [
    // More than half is there at first, so that a server which appends, or empties the file, gives itself away.
    ['rest', `STOR ${other}`, half + 1000],
    ['appe', `APPE ${other}`, half],
  ] as const) {
    await storeSmall(connection, other, body.subarray(0, held))
    try {
      const transfer = await FtpTransfer.begin(connection, command, candidate === 'rest' ? half : 0)
      await transfer.write(body.subarray(half))
      await transfer.finish()
    } catch (err) {
      if (!isReply(err)) throw err
      continue
    }
    if (await holds(connection, other, body)) {
      way = candidate
      break
    }
  }
  await removeFile(connection, other)
  session.resumeWay = way
  notes.learned['resume'] = way
  if (way === 'none') {
    add(notes, 'resume', false, 'warn', 'an upload that breaks off must start over on this server')
  } else {
    add(
      notes,
      'resume',
      true,
      'info',
      `uploads are continued with ${way === 'rest' ? 'REST and STOR' : 'APPE'}`,
    )
  }
}

async function aboutRanges(
  notes: Notes,
  store: ObjectStore,
  name: string,
  body: Buffer,
  signal: AbortSignal | undefined,
): Promise<void> {
  const pieces: Uint8Array[] = []
  for await (const piece of store.read(name, { offset: 12_345, length: 20_000 }, { signal }))
    pieces.push(piece)
  const same = Buffer.concat(pieces).equals(body.subarray(12_345, 32_345))
  const detail = same ? 'parts of an object can be read (REST STREAM)' : 'a part of an object came back wrong'
  add(notes, 'range', same, same ? 'info' : 'stop', detail)
}

/** Further names that a probe may use; all are removed at its end. */
const spares = (name: string): [string, string, string] => [`${name}.2`, `${name}.3`, `${name}.4`]

async function storeSmall(connection: FtpConnection, name: string, body: Uint8Array): Promise<void> {
  const transfer = await FtpTransfer.begin(connection, `STOR ${name}`)
  await transfer.write(body)
  await transfer.finish()
}

async function holds(connection: FtpConnection, name: string, body: Buffer): Promise<boolean> {
  if ((await sizeOf(connection, name)) !== body.length) return false
  const transfer = await FtpTransfer.begin(connection, `RETR ${name}`)
  const pieces: Buffer[] = []
  let came = 0
  for await (const piece of transfer.pieces()) {
    pieces.push(piece)
    came += piece.length
    if (came > body.length)
      throw new EngineError('remote.wrong-answer', during, {
        subject: name,
        detail: 'more came than the size says',
      })
  }
  await transfer.settle()
  return Buffer.concat(pieces).equals(body)
}

function add(notes: Notes, name: string, ok: boolean, level: ProbeCheck['level'], detail: string): void {
  notes.checks.push({ name, ok, level, detail })
}
