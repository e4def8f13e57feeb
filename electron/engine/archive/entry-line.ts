import { z } from 'zod'
import { MiB } from '../../../shared/units.ts'
import { blockBytes } from './compress.ts'
import type { Entry } from './entry.ts'
import { pathFromFields, rawFromText } from './raw-path.ts'

/** Reading lines of an entry list; apart from `entry.ts`, so that a worker that only writes them loads no schemas. */

const mtimePattern = /^-?\d{1,13}(?:\.\d{1,9})?$/
const sha256Pattern = /^[0-9a-f]{64}$/
const count = z.int().min(0)
const line = z.object({
  path: z.string().optional(),
  pathBase64: z.string().optional(),
  kind: z.enum(['file', 'folder', 'symlink', 'hardlink', 'fifo', 'char-device', 'block-device']),
  size: count,
  mtime: z.string().regex(mtimePattern),
  mode: count.max(0o7777),
  uid: count,
  gid: count,
  user: z.string().max(256),
  group: z.string().max(256),
  sha256: z.string().regex(sha256Pattern).nullable(),
  data: count,
  link: z.string().optional(),
  linkBase64: z.string().optional(),
  sparse: z.literal(true).optional(),
  device: z.tuple([count, count]).optional(),
  xattrs: z.record(z.string(), z.string()).optional(),
})

/** Throws a SyntaxError or a ZodError for a line that is not an entry; the caller knows where it stands. */
export function decodeEntry(text: string): Entry {
  const json: unknown = JSON.parse(text)
  return plainFile(json as Partial<Entry> | null) ?? decodeAny(json)
}

function decodeAny(json: unknown): Entry {
  const { path, pathBase64, link, linkBase64, sparse, device, xattrs, ...rest } = line.parse(json)
  return {
    ...rest,
    path: pathFromFields({ path, pathBase64 }),
    ...(link === undefined && linkBase64 === undefined
      ? {}
      : { link: pathFromFields({ path: link, pathBase64: linkBase64 }) }),
    ...(sparse ? { sparse } : {}),
    ...(device ? { device } : {}),
    ...(xattrs ? { xattrs } : {}),
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isShort = (value: unknown): value is string => typeof value === 'string' && value.length <= 256
const rare = ['pathBase64', 'link', 'linkBase64', 'sparse', 'device', 'xattrs']

/**
 * The commonest line, checked by hand as the schema would: a schema takes several times as long, and there may be
 * millions. Null is no verdict: the schema decides.
 */
function plainFile(json: Partial<Entry> | null): Entry | null {
  if (json?.kind !== 'file' || rare.some(key => key in json)) return null
  const { path, kind, size, mtime, mode, uid, gid, user, group, sha256, data } = json
  if (typeof path !== 'string' || typeof mtime !== 'string' || !mtimePattern.test(mtime)) return null
  if (typeof sha256 !== 'string' || !sha256Pattern.test(sha256)) return null
  if (!isCount(size) || !isCount(data) || !isCount(uid) || !isCount(gid)) return null
  if (!isCount(mode) || mode > 0o7777 || !isShort(user) || !isShort(group)) return null
  return { size, kind, mtime, mode, uid, gid, user, group, sha256, data, path: rawFromText(path) }
}

/** A block that does not compress grows a little; one far larger than blocks are is hostile and would fill memory. */
const maxStoredBlock = blockBytes + MiB

/** A block's place in the compressed stream: the first lines of an entry list, before the entries. */
export type BlockLine = { block: number; at: number; size: number }
export const blockLine = z.object({ block: count, at: count, size: count.max(maxStoredBlock) })
