import { z } from 'zod'
import { serverName } from '../server.ts'
import { count, decryptWith, nothing, pointName, runId, utc } from './common.ts'
import { event, method } from './method.ts'

/** A restore point as one server holds it. */
const pointOnServer = z.object({
  point: pointName,
  name: z.string(),
  stamp: z.string(),
  server: z.string(),
  files: count,
  /** As stored there. */
  bytes: count,
  state: z.enum(['complete', 'no-manifest', 'incomplete']),
  /** When it was last read back and hashed as a whole, as far as this machine knows. */
  verified: utc.nullable(),
  /** The last read-back found damage. */
  damaged: z.boolean(),
  /** In the trash since, and removed for good from `until` on; null: not in the trash. */
  trash: z.object({ since: utc, until: utc, by: z.string() }).nullable(),
  /** Protected from retention and removal. */
  kept: z.boolean(),
  /** Of a `no-manifest` point: when and on which server its hashes were kept first. Absent: never. */
  adopted: z.object({ at: utc, on: z.string() }).exactOptional(),
  /** Parts of a Director that are not in it, for no command was set for them. Absent: all of it is. */
  leftOut: z.array(z.string()).exactOptional(),
})
export type PointOnServer = z.infer<typeof pointOnServer>

/** An entry inside a point. Paths that are not UTF-8 have `pathBase64`, and `path` shows them with replacement marks. */
const entry = z.object({
  path: z.string(),
  pathBase64: z.string().optional(),
  kind: z.enum(['file', 'directory', 'symlink', 'hardlink', 'other']),
  size: count,
  /** ISO 8601 UTC; null when unknown. */
  mtime: z.string().nullable(),
  mode: z.string(),
  /** Symbolic and hard links. */
  target: z.string().optional(),
  /** Folders: entries and folders directly in it; files and their bytes at any depth below it. */
  inside: z.object({ entries: count, folders: count, files: count, bytes: count }).optional(),
})
export type PointEntry = z.infer<typeof entry>

const pointFile = z.object({
  name: z.string(),
  component: z.string(),
  bytes: count,
  sha256: z.string().nullable(),
  compression: z.string(),
  encryption: z.boolean(),
})

export const pointContract = {
  /** The points on one server, newest first, those in the trash too. Pages ask every server at once, each on its own. */
  'point.list': method(
    z.object({ server: serverName, all: z.boolean().default(false) }),
    z.object({ points: z.array(pointOnServer), hidden: count, asked: utc }),
  ),
  /** What a point's manifest says. */
  'point.show': method(
    z.object({ point: pointName, server: serverName }),
    z.object({
      point: pointName,
      server: z.string(),
      base: z.string().nullable(),
      host: z.string().nullable(),
      tool: z.string().nullable(),
      created: utc.nullable(),
      encrypted: z.boolean(),
      content: z.object({ entries: count, files: count, bytes: count }),
      files: z.array(pointFile),
      howToRestore: z.string().nullable(),
    }),
  ),
  /** The entries directly under a folder (`''`: the top), folders first, sorted by name, from `from` on. */
  'point.browse': method(
    z.object({
      point: pointName,
      server: serverName,
      folder: z.string().max(16_384),
      /** Takes the place of `folder` where its bytes are not UTF-8. */
      folderBase64: z.base64().max(65_536).optional(),
      from: count.default(0),
      limit: z.int().min(1).max(1000).default(500),
      secret: decryptWith.optional(),
    }),
    z.object({ entries: z.array(entry), total: count }),
  ),
  /** Entries whose path matches a GLOB, or contains the text when it holds no wildcard. At most `limit`. */
  'point.find': method(
    z.object({
      point: pointName,
      server: serverName,
      text: z.string().min(1).max(4096),
      limit: z.int().min(1).max(1000).default(200),
      secret: decryptWith.optional(),
    }),
    z.object({ entries: z.array(entry), more: z.boolean() }),
  ),
  /**
   * Nothing needs `secret`. With it, or with the passphrase that the vault holds for its plan, `deep` also proves that an
   * encrypted point decrypts; the run's outcome says whether it did (`decrypted`) and what is not proven (`unproven`).
   */
  'point.verify': method(
    z.object({
      point: pointName,
      server: serverName,
      deep: z.boolean(),
      secret: decryptWith.optional(),
    }),
    z.object({ runId }),
  ),
  'point.copy': method(z.object({ point: pointName, from: serverName, to: serverName }), z.object({ runId })),
  /**
   * To the trash of that server: restorable until the grace period ends. `run.conflict` for a protected point, for one
   * that a run writes, and without `force` for the last good one of its name there.
   */
  'point.remove': method(
    z.object({ point: pointName, server: serverName, force: z.boolean().default(false) }),
    nothing,
  ),
  /** Out of the trash again. */
  'point.putBack': method(z.object({ point: pointName, server: serverName }), nothing),
  /** Out of the trash for good, now; what it was is listed in the log. Not before it was in the trash, save one never completed. */
  'point.purge': method(z.object({ point: pointName, server: serverName }), nothing),
  /** Protects a point from retention and removal, or lifts that. */
  'point.keep': method(z.object({ point: pointName, server: serverName, kept: z.boolean() }), nothing),
  /** Something about the points of a server changed: who shows them asks again. */
  'point.changed': event(z.object({ server: z.string() })),
}
