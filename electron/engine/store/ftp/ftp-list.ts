import { parseList } from 'basic-ftp'
import { EngineError } from '../../engine-error.ts'
import { isObjectName, partialMark, type ObjectInfo } from '../object-store.ts'
import type { FtpConnection } from './ftp-connection.ts'
import { isReply } from './ftp-errors.ts'
import { FtpTransfer } from './ftp-transfer.ts'

/** A longer line is no line of a listing. */
const longestLine = 8 * 1024
/** A listing longer than this is an attack or a broken server, not a folder. */
const mostLines = 5_000_000

/**
 * The objects of the working folder, one by one, whatever the length: lines are taken in as they come. Uses MLSD
 * where it is offered. Names that are no object names, folders and links are left out, and partial uploads too
 * unless they are asked for.
 */
export async function* listEntries(
  connection: FtpConnection,
  { partials = false } = {},
): AsyncGenerator<ObjectInfo> {
  const mlsd = connection.offers('MLST') || connection.offers('MLSD')
  let transfer: FtpTransfer
  try {
    transfer = await FtpTransfer.begin(connection, mlsd ? 'MLSD' : 'LIST')
  } catch (err) {
    // Some servers refuse to list an empty folder.
    if (isReply(err, 450, 550) && /no (such )?files?|empty/i.test(err.message)) return
    throw err
  }
  let whole = false
  let understood = 0
  let seen = 0
  try {
    for await (const line of lines(transfer.pieces())) {
      seen += 1
      if (seen > mostLines) throw wrong(`more than ${mostLines} lines`)
      const entry = entryOf(line)
      if (entry === 'unknown') continue
      understood += 1
      if (entry !== null && (partials || !entry.name.includes(partialMark))) yield entry
    }
    await transfer.settle()
    whole = true
  } finally {
    if (!whole) await transfer.stop()
  }
  // `total 0` is a line of its own on Unix; more than that, and nothing of it understood, is a format we do not know.
  if (understood === 0 && seen > 1) throw wrong('a format that is not known')
}

/** Whether the working folder shows anything at all, folders too. */
export async function listsAnything(connection: FtpConnection): Promise<boolean> {
  const transfer = await FtpTransfer.begin(connection, 'LIST')
  let whole = false
  try {
    for await (const line of lines(transfer.pieces()))
      if (line.trim() !== '' && !/^total \d+$/i.test(line) && !/ \.{1,2}$/.test(line)) return true
    await transfer.settle()
    whole = true
    return false
  } finally {
    if (!whole) await transfer.stop()
  }
}

/** What a line tells: an object, something that is none of ours (null), or nothing. */
function entryOf(line: string): ObjectInfo | null | 'unknown' {
  let info
  try {
    info = parseList(line)[0]
  } catch {
    return 'unknown'
  }
  // MLSD names the folder itself and the one above: understood, and none of ours.
  if (!info?.isFile || !isFlatName(info.name)) return null
  if (!Number.isSafeInteger(info.size) || info.size < 0) return null
  const modified = info.modifiedAt?.getTime() ?? NaN
  return { name: info.name, size: info.size, modified: Number.isNaN(modified) ? null : modified }
}

/** Like `isObjectName`, with room for what a partial name adds. */
const isFlatName = (name: string): boolean => {
  const [object = '', ...mark] = name.split(partialMark)
  return isObjectName(object) && mark.every(part => /^[0-9a-f]{16}(-fit)?$/.test(part))
}

async function* lines(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of pieces) {
    const text = rest.length > 0 ? Buffer.concat([rest, piece]) : piece
    let start = 0
    for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10, start)) {
      yield text.toString('utf8', start, text[end - 1] === 13 ? Math.max(start, end - 1) : end)
      start = end + 1
    }
    rest = text.subarray(start)
    if (rest.length > longestLine) throw wrong(`a line of more than ${longestLine} bytes`)
  }
  if (rest.length > 0) yield rest.toString('utf8')
}

const wrong = (detail: string): EngineError =>
  new EngineError('remote.wrong-answer', 'store.list', { detail: `the listing has ${detail}` })
