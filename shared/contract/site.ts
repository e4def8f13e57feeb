import { z } from 'zod'
import { directorComponents, directorModes } from '../director-files.ts'
import { schedule } from '../plan.ts'
import { serverName } from '../server.ts'
import { count, failure, nothing, ruleNote, runId, utc } from './common.ts'
import { directorLine } from './director.ts'
import { event, method } from './method.ts'

/**
 * A Director as a system: checked, compared with the other site, its analytics snapshots looked at, files of the
 * vendor's own tool adopted. A site is known by the name of its deployment.
 */

const component = z.enum(directorComponents)

export const siteVerdicts = ['good', 'limited', 'failed'] as const

/** What a check of a site found. `limited`: it can be backed up, and something deserves a look. */
const siteCheck = z.object({
  at: utc,
  verdict: z.enum(siteVerdicts),
  /** As of a preflight; ids `host`, `folder`, `master.yml`, `login:ip:port`, `version:…`, `disk:…`, `command:COMPONENT`, … */
  lines: z.array(directorLine),
  site: z.string().nullable(),
  mode: z.enum(directorModes).nullable(),
  /** Of `master.yml`, without what does not answer. */
  hosts: z.array(
    z.object({
      name: z.string(),
      ip: z.string(),
      enabled: z.boolean(),
      answers: z.boolean(),
      /** What it says of itself, such as its system's name; null when it does not answer. */
      version: z.string().nullable(),
      /** Bytes free where its backups would be staged and its data lies: the smallest of them. */
      free: count.nullable(),
      components: z.array(z.string()),
    }),
  ),
  components: z.array(
    z.object({
      component: z.union([component, z.literal('analytics')]),
      /** Whether a command is set, and whether the program it begins with is there; null: not looked. */
      set: z.boolean(),
      present: z.boolean().nullable(),
      /** `mongodump 100.9.4`; null when it does not say. */
      version: z.string().nullable(),
    }),
  ),
})
export type SiteCheck = z.infer<typeof siteCheck>

const site = z.object({
  deployment: serverName,
  /** The last check; null: never. */
  check: siteCheck.nullable(),
  /** `DC` or `DR`, as the last check read it in `master.yml`. */
  site: z.string().nullable(),
  /** The systems it is of, and the plans that back it up. */
  systems: z.array(z.string()),
  plans: z.array(z.string()),
})
export type Site = z.infer<typeof site>

/** One snapshot in the vendor's repository. */
const snapshot = z.object({
  name: z.string(),
  uuid: z.string(),
  /** When it was written, by the object's own time or what the list says; null: not told. */
  at: utc.nullable(),
  /** As the list says: `SUCCESS`, `PARTIAL`, …; null when it says nothing. */
  state: z.string().nullable(),
  indices: count,
})
const repository = z.object({
  folder: z.enum(['dcrepository', 'drrepository']),
  /** The N of `index-N` that was read; null: there is none, or it could not be read. */
  generation: count.nullable(),
  /** Newest first. */
  snapshots: z.array(snapshot),
  /**
   * Days (UTC) of the data, by the dates in the names of the indices, newest first; `in`: snapshots that hold it;
   * `whole`: each of its indices is in one that ended as SUCCESS; a list without states accuses none.
   */
  days: z.array(z.object({ day: z.iso.date(), indices: count, in: count, whole: z.boolean() })),
  /**
   * ISO weeks, newest first and up to the one that was looked at: `2026-W47`, its Monday, how many of its days are
   * there; 0 where all are missing.
   */
  weeks: z.array(z.object({ week: z.string(), from: z.iso.date(), days: count })),
  objects: count,
  bytes: count,
  /** Newest time of any object. */
  last: utc.nullable(),
})
export type SnapshotRepository = z.infer<typeof repository>

const note = ruleNote
export type SiteNote = z.infer<typeof note>

/** A schedule of one site: what is known of it and from where. */
const siteSchedule = z.object({
  /** Where it is from: a plan of Drydock, or what an operator read in the portal. */
  from: z.enum(['plan', 'portal']),
  plan: z.string().nullable(),
  schedule,
  zone: z.string(),
  /** As the portal words it: `At 02:30 AM`. */
  words: z.string(),
  /** The same in UTC now, as `01:30 UTC`; for a pattern the next run in UTC. */
  utc: z.string(),
  next: utc.nullable(),
  /** Whether it runs: a plan that is not started does not. */
  started: z.boolean(),
})
export type SiteSchedule = z.infer<typeof siteSchedule>

/** Where the adoption of a vendor's run is kept: hashes of its files, as they were read back once. */
const adoption = z.object({
  /** The server the files are on. */
  server: serverName,
  stamp: z.string(),
  /** Name of the point that its files are: `vendor@STAMP`. */
  point: z.string(),
  /** Where the manifest is: another server, under this object name. */
  on: serverName,
  object: z.string(),
  at: utc,
  by: z.string(),
  files: z.array(z.object({ name: z.string(), size: count, sha256: z.string() })),
})
export type Adoption = z.infer<typeof adoption>

export const siteContract = {
  'site.list': method(nothing, z.object({ sites: z.array(site) })),
  /** Looks at a site: nothing is changed there. Each line also comes as `site.checked`. Within 30 s. */
  'site.check': method(z.object({ deployment: serverName }), siteCheck),
  'site.checked': event(z.object({ deployment: serverName, line: directorLine })),
  'site.changed': event(nothing),

  /** Schedules of a site and the other one of its pair, side by side, and what a configuration restore does to them. */
  'site.schedules': method(
    z.object({ deployment: serverName }),
    z.object({
      other: serverName.nullable(),
      rows: z.array(
        z.object({
          what: z.enum(['configuration', 'analytics']),
          here: z.array(siteSchedule),
          there: z.array(siteSchedule),
          /** Whether both run at the same instants; null when one of them is not known. */
          same: z.boolean().nullable(),
        }),
      ),
      notes: z.array(note),
    }),
  ),

  /**
   * What lies in the vendor's snapshot repositories on a server. Lists, and reads the two small index objects of each;
   * nothing else is opened, nothing is written. `remote.unsupported` when the server holds none.
   */
  'site.snapshots': method(
    z.object({ server: serverName }),
    z.object({ asked: utc, repositories: z.array(repository), notes: z.array(note) }),
  ),

  /** The adoptions that are known here, and of the servers that answer. */
  'adopt.list': method(
    z.object({ server: serverName.nullable().default(null) }),
    z.object({
      adoptions: z.array(adoption),
      /** Of files in places that are no server here: `place` says where, in words. */
      elsewhere: z.array(
        z.object({ on: serverName, object: z.string(), stamp: z.string(), place: z.string() }),
      ),
      failed: z.array(z.object({ server: serverName, failure })),
    }),
  ),
  /**
   * Reads the files of a vendor's run back, hashes them, and writes their manifest to `on`. `input.invalid` when `on`
   * holds the vendor's repositories. Nothing is written to `server`, unless it is `on` too.
   */
  'adopt.start': method(
    z.object({ server: serverName, stamp: z.string().regex(/^\d{8}T\d{6}Z?$/), on: serverName }),
    z.object({ runId }),
  ),
}
