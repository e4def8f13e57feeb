import { z } from 'zod'
import { MiB } from '../../../shared/units.ts'
import { blockBytes } from './compress.ts'
import type { Entry } from './entry.ts'
import { pathFromFields } from './raw-path.ts'

/** Reading lines of an entry list; apart from `entry.ts`, so that a worker that only writes them loads no schemas. */

const count = z.int().min(0)
const line = z.object({
  path: z.string().optional(),
  pathBase64: z.string().optional(),
  kind: z.enum(['file', 'folder', 'symlink', 'hardlink', 'fifo', 'char-device', 'block-device']),
  size: count,
  mtime: z.string().regex(/^-?\d{1,13}(?:\.\d{1,9})?$/),
  mode: count.max(0o7777),
  uid: count,
  gid: count,
  user: z.string().max(256),
  group: z.string().max(256),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  data: count,
  link: z.string().optional(),
  linkBase64: z.string().optional(),
  sparse: z.literal(true).optional(),
  device: z.tuple([count, count]).optional(),
  xattrs: z.record(z.string(), z.string()).optional(),
})

/** Throws a SyntaxError or a ZodError for a line that is not an entry; the caller knows where it stands. */
export function decodeEntry(text: string): Entry {
  const { path, pathBase64, link, linkBase64, sparse, device, xattrs, ...rest } = line.parse(JSON.parse(text))
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

/** A block that does not compress grows a little; one far larger than blocks are is hostile and would fill memory. */
const maxStoredBlock = blockBytes + MiB

/** A block's place in the compressed stream: the first lines of an entry list, before the entries. */
export type BlockLine = { block: number; at: number; size: number }
export const blockLine = z.object({ block: count, at: count, size: count.max(maxStoredBlock) })
