import { hostname, userInfo } from 'node:os'
import { directorFiles, parseDirectorFile } from '../../../../../shared/director-files.ts'
import { EngineError } from '../../../engine-error.ts'
import type { Clock } from '../../../ports.ts'
import type { ActiveRun } from '../../../run/index.ts'
import type { ObjectStore } from '../../../store/object-store.ts'
import type { DirectorFile } from '../files/index.ts'
import { readFile } from '../files/read-files.ts'
import { adoptableFiles } from './adoptable.ts'
import type { Adopted } from './adopted.ts'
import { notAsAdopted } from './adopted.ts'
import type { AdoptionDocument } from './document.ts'
import { howToCheck, missingOf } from './document.ts'
import type { Place } from './place.ts'
import { refuseVendors } from './refuse-vendors.ts'
import { writeAdoption } from './write-adoption.ts'

/** What an adoption came to. */
export type AdoptOutcome = {
  server: string
  stamp: string
  point: string
  on: string
  object: string
  /** Whether it was adopted before, with the same hashes: nothing was written. */
  already: boolean
  files: { name: string; size: number; sha256: string }[]
  /** Names of the run’s five that were not there. */
  missing: string[]
}

export type AdoptJob = {
  server: string
  stamp: string
  on: string
  /** Where the files are. */
  place: Place
  source: ObjectStore
  target: ObjectStore
  /** What this machine knows of an earlier adoption. */
  adopted: Adopted | null
  /** Keeps a copy on this machine. */
  keep: (document: AdoptionDocument, object: string) => Promise<void>
  version: string
  clock: Clock
}

const during = 'adopt.start'

/**
 * Reads a vendor's files back whole, hashes and unpacks them, and writes their hashes to another place. Nothing is
 * written where they are, unless that is the place asked for. A cancel leaves nothing.
 * @throws EngineError `data.damaged` when a file is not whole, or not what was adopted before: nothing is written then
 */
export async function adopt(run: ActiveRun, job: AdoptJob): Promise<{ outcome: AdoptOutcome }> {
  const { server, stamp, on, source, target, clock } = job
  run.progress({ phase: 'connecting', bytes: 0, files: 0, total: null }, { restart: true })
  await refuseVendors(target, on, run.signal)
  const found = await adoptableFiles(source, stamp, run.signal)
  run.progress({
    phase: 'reading back and hashing',
    total: found.reduce((sum, { size }) => sum + size, 0),
  })
  const files = await readAll(run, source, found, job.adopted)
  const missing = missingOf(
    stamp,
    files.map(({ name }) => name),
  )
  for (const name of missing) {
    const component = parseDirectorFile(name)?.component
    const detail = `${component ? directorFiles[component].title : name} is not on ${server}: it is not adopted`
    run.problem({ code: 'data.missing', subject: name, detail })
  }
  run.progress({ phase: 'writing the manifest' })
  await run.checkpoint()
  const document: AdoptionDocument = {
    drydockAdoption: 1,
    ...{ place: job.place, stamp, files },
    at: new Date(clock.now()).toISOString(),
    by: `${userInfo().username}@${hostname()}`.slice(0, 300),
    tool: `drydock ${job.version}`,
    check: howToCheck,
  }
  const written = await writeAdoption(target, document, run.signal)
  await job.keep(written.document, written.object)
  run.log(
    `${stamp} of ${server}: ${written.already ? 'was adopted before' : 'adopted'}, ${written.object} on ${on}`,
  )
  return {
    outcome: {
      ...{ server, stamp, point: `vendor@${stamp}`, on },
      ...{ object: written.object, already: written.already, missing },
      files: files.map(({ name, size, sha256 }) => ({ name, size, sha256 })),
    },
  }
}

/** Each is read to its end, also after one that is damaged: then all that is wrong is known. */
async function readAll(
  run: ActiveRun,
  source: ObjectStore,
  found: readonly DirectorFile[],
  adopted: Adopted | null,
): Promise<AdoptionDocument['files']> {
  const files: AdoptionDocument['files'] = []
  const damaged: { name: string; detail: string }[] = []
  let bytes = 0
  for (const [number, file] of found.entries()) {
    await run.checkpoint()
    const read = await readFile(source, file, {
      signal: run.signal,
      tally: async piece => {
        bytes += piece
        run.progress({ bytes })
        await run.checkpoint()
      },
    })
    const { name, size, modified, sha256, flags } = read
    const other = adopted && notAsAdopted(adopted, { name, size, sha256 })
    for (const detail of [...flags.map(flag => flag.detail), ...(other === null ? [] : [other])]) {
      damaged.push({ name, detail })
      run.problem({ code: 'data.damaged', subject: name, detail })
    }
    if (sha256 !== null) {
      files.push({ name, size, modified, sha256 })
      run.log(`${name}: ${size} bytes, SHA-256 ${sha256}`)
    }
    run.progress({ files: number + 1 })
  }
  const [first] = damaged
  if (!first) return files
  const said = damaged.map(({ name, detail }) => `${name} ${detail}`).join('; ')
  throw new EngineError('data.damaged', during, {
    subject: first.name,
    detail: `${said}. Nothing was adopted`,
  })
}
