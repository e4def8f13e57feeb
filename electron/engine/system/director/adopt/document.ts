import { z } from 'zod'
import {
  directorFileName,
  directorComponents,
  parseDirectorFile,
} from '../../../../../shared/director-files.ts'
import type { ObjectStore } from '../../../store/object-store.ts'
import { EngineError } from '../../../engine-error.ts'
import { place, placeId } from './place.ts'

export const stampPattern = /^\d{8}T\d{6}Z?$/

/** What an adoption is: the hashes of a vendor's files as they were read back once, and where they lay. */
export const adoptionDocument = z
  .object({
    drydockAdoption: z.literal(1),
    place,
    stamp: z.string().regex(stampPattern),
    /** Those of a run’s five that were there, in the order of `restore.yml`. */
    files: z
      .array(
        z.object({
          name: z.string().max(255),
          size: z.int().nonnegative(),
          modified: z.iso.datetime().nullable(),
          sha256: z.string().regex(/^[0-9a-f]{64}$/),
        }),
      )
      .min(1)
      .max(directorComponents.length),
    at: z.iso.datetime(),
    by: z.string().max(300),
    tool: z.string().max(300),
    /** How to compare without Drydock. */
    check: z.string().max(2000),
  })
  .refine(
    ({ files, stamp }) =>
      new Set(files.map(({ name }) => name)).size === files.length &&
      files.every(({ name }) => parseDirectorFile(name)?.stamp === stamp),
    'files of another run',
  )
export type AdoptionDocument = z.infer<typeof adoptionDocument>

/** What no document exceeds. */
export const maxDocumentBytes = 64 * 1024

export const howToCheck =
  'Save this as adoption.json into a folder with the files, and there: jq -r \'.files[] | .sha256 + "  " + .name\' adoption.json | sha256sum -c'

export const encodeAdoption = (document: AdoptionDocument): Uint8Array =>
  Buffer.from(`${JSON.stringify(document, null, 1)}\n`)

/** @returns null for what is none, whoever wrote it */
export function decodeAdoption(bytes: Uint8Array): AdoptionDocument | null {
  try {
    return adoptionDocument.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  } catch {
    return null
  }
}

export const objectPrefix = 'adopted-'

/**
 * The object an adoption is kept in. No `_` before the stamp, so that nobody takes it for a backup file or a restore
 * point of any kind. @param number from 1: later ones hold files that came later
 */
export const objectName = (stamp: string, id: string, number: number): string =>
  `${objectPrefix}${stamp}-${id}${number === 1 ? '' : `-${number}`}.json`

/** What such a name says; null for any other. */
export function parseObjectName(name: string): { stamp: string; id: string; number: number } | null {
  const found = /^adopted-(\d{8}T\d{6}Z?)-([0-9a-f]{12})(?:-([2-9]|[1-9]\d))?\.json$/.exec(name)
  if (!found?.[1] || !found[2]) return null
  return { stamp: found[1], id: found[2], number: Number(found[3] ?? 1) }
}

/**
 * Reads an adoption from a server. Who wrote it is not known: too long, not understood, or of other files than its name
 * says is none. @throws EngineError as `ObjectStore.read`
 */
export async function readAdoption(
  store: ObjectStore,
  { name, size }: { name: string; size: number },
  signal: AbortSignal | undefined,
): Promise<AdoptionDocument | null> {
  const said = parseObjectName(name)
  if (!said || size > maxDocumentBytes || size === 0) return null
  const pieces: Uint8Array[] = []
  try {
    for await (const piece of store.read(name, { offset: 0, length: size }, { signal })) pieces.push(piece)
  } catch (err) {
    if (err instanceof EngineError && (err.code === 'remote.not-found' || err.code === 'data.missing'))
      return null
    throw err
  }
  const document = decodeAdoption(Buffer.concat(pieces))
  return document && document.stamp === said.stamp && placeId(document.place) === said.id ? document : null
}

/** Names of a run’s files that are not among `names`. */
export const missingOf = (stamp: string, names: readonly string[]): string[] =>
  directorComponents
    .map(component => directorFileName(component, stamp))
    .filter(name => !names.includes(name))
