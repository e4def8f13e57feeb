import { EngineError } from '../../engine-error.ts'
import type { ObjectInfo } from '../object-store.ts'
import type { FtpConnection } from './ftp-connection.ts'
import { isReply, printable } from './ftp-errors.ts'
import { listEntries } from './ftp-list.ts'

/**
 * What the operator called for: `write` creates the folder when its parent is there, `read` never does, `look` does not
 * even go there (and finds itself there where the connection was used before).
 */
export type Purpose = 'read' | 'write' | 'look'

/** The small commands on files of the working folder. Names passed in have been checked. */

/** Goes into the store's folder. `write` makes it when its parent is there. */
export async function enterFolder(connection: FtpConnection, path: string, purpose: Purpose): Promise<void> {
  if (connection.inFolder || purpose === 'look') return
  // For who wants to look above it later.
  if (!path.startsWith('/') && path !== '.') connection.home = await workingFolder(connection)
  // A leading blank is lost by many servers unless something stands before it.
  const target = path.startsWith(' ') ? `./${path}` : path
  if (!(await change(connection, target))) {
    if (purpose === 'read') throw noContainer(path, 'there is no such folder')
    await makeFolder(connection, target)
  }
  connection.inFolder = true
}

async function makeFolder(connection: FtpConnection, path: string): Promise<void> {
  let refusal: unknown
  try {
    await connection.send(`MKD ${path}`)
  } catch (err) {
    if (!isReply(err)) throw err
    refusal = err
  }
  // Another connection may have made it in the same moment.
  if (await change(connection, path)) return
  const here = await workingFolder(connection)
  const parent = path.replace(/\/+$/, '').replace(/[^/]*$/, '') || '.'
  if (!(await change(connection, parent))) throw noContainer(path, 'the folder above it is not there')
  if (here !== null) await change(connection, here)
  throw new EngineError('auth.denied', 'server.open', {
    subject: path,
    detail: refusal instanceof Error ? printable(refusal.message) : 'the folder cannot be entered',
    cause: refusal,
  })
}

/** Null where the server does not tell. */
export async function workingFolder(connection: FtpConnection): Promise<string | null> {
  try {
    const { message } = await connection.send('PWD')
    return /"((?:[^"]|"")+)"/.exec(message)?.[1]?.replaceAll('""', '"') ?? null
  } catch (err) {
    if (isReply(err) && err.code !== 421) return null
    throw err
  }
}

async function change(connection: FtpConnection, path: string): Promise<boolean> {
  try {
    await connection.send(`CWD ${path}`)
    return true
  } catch (err) {
    if (isReply(err, 431, 450, 501, 550, 553)) return false
    throw err
  }
}

const noContainer = (path: string, detail: string): EngineError =>
  new EngineError('remote.no-container', 'server.open', { subject: path, detail })

/** The size of a file; null when it is not there. */
export async function sizeOf(connection: FtpConnection, name: string): Promise<number | null> {
  return (await statFile(connection, name))?.size ?? null
}

/** MLST where it is offered, else SIZE, else the listing. */
export async function statFile(connection: FtpConnection, name: string): Promise<ObjectInfo | null> {
  try {
    if (connection.offers('MLST')) return factsOf(name, (await connection.send(`MLST ${name}`)).message)
    const { message } = await connection.send(`SIZE ${name}`)
    return { name, size: wholeNumber(/^213[ -]+(\d{1,16})\s*$/.exec(message)?.[1], message), modified: null }
  } catch (err) {
    if (isReply(err, 550, 553) && !/permission|denied/i.test(err.message)) return null
    // Not known here, or known and refused for reasons of its own (as in ASCII mode): look for it in the listing.
    if (!isReply(err, 450, 500, 501, 502, 504)) throw err
    for await (const entry of listEntries(connection, { partials: true }))
      if (entry.name === name) return entry
    return null
  }
}

/** When a file was changed last, in ms; null when the server does not say. */
export async function modifiedAt(connection: FtpConnection, name: string): Promise<number | null> {
  try {
    return timeOf(/^213 (\d{14})/.exec((await connection.send(`MDTM ${name}`)).message)?.[1])
  } catch (err) {
    if (isReply(err)) return null
    throw err
  }
}

/** Removes a file; whether there was one. */
export async function removeFile(connection: FtpConnection, name: string): Promise<boolean> {
  try {
    await connection.send(`DELE ${name}`)
    return true
  } catch (err) {
    if (isReply(err, 450, 550) && (await sizeOf(connection, name)) === null) return false
    throw err
  }
}

/**
 * Gives a file another name. With `replace` a file under that name goes; on servers that do not rename onto an
 * existing name it is removed first, and then there is a moment in which neither is there.
 */
export async function renameFile(
  connection: FtpConnection,
  from: string,
  to: string,
  replace: boolean,
): Promise<void> {
  await connection.send(`RNFR ${from}`)
  try {
    await connection.send(`RNTO ${to}`)
  } catch (err) {
    if (!replace || !isReply(err) || err.code < 500 || !(await removeFile(connection, to))) throw err
    await connection.send(`RNFR ${from}`)
    await connection.send(`RNTO ${to}`)
  }
}

/** Tells the two meanings of a refusal to read apart. */
export async function whyRefused(
  connection: FtpConnection,
  name: string,
  err: unknown,
  during: string,
): Promise<unknown> {
  if (!isReply(err, 450, 550, 551, 553) || !connection.usable) return err
  if ((await sizeOf(connection, name)) !== null) return err
  return new EngineError('remote.not-found', during, { subject: name, cause: err })
}

function factsOf(name: string, message: string): ObjectInfo | null {
  const line = message.split('\n').find(each => /^ ?[\w.-]+=[^;]*;/.test(each)) ?? ''
  const facts = new Map(
    (line.trim().split(' ')[0] ?? '')
      .split(';')
      .map(fact => [fact.split('=')[0]?.toLowerCase() ?? '', fact.slice(fact.indexOf('=') + 1)] as const),
  )
  if (facts.has('type') && facts.get('type')?.toLowerCase() !== 'file') return null
  return { name, size: wholeNumber(facts.get('size'), message), modified: timeOf(facts.get('modify')) }
}

function wholeNumber(digits: string | undefined, message: string): number {
  const number = Number(digits ?? NaN)
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw new EngineError('remote.wrong-answer', 'store.stat', {
    detail: `a size was expected: ${printable(message)}`,
  })
}

/** `YYYYMMDDhhmmss` of the protocol, always UTC. */
function timeOf(stamp: string | undefined): number | null {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(stamp ?? '') ?? []
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(time) ? null : time
}
