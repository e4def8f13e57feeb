import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { serverName } from '../../../../../shared/server.ts'
import { writeFileAtomically } from '../../../state/atomic-file.ts'
import { makeFolders } from '../../../state/make-folders.ts'
import type { AdoptionDocument } from './document.ts'
import { adoptionDocument, maxDocumentBytes, parseObjectName } from './document.ts'
import type { Place } from './place.ts'
import { isSamePlace, place } from './place.ts'

/** An adoption, and where its document is. */
export type KeptAdoption = {
  document: AdoptionDocument
  /** The server it was written to, under the name it had then. */
  on: { name: string; place: Place | null }
  object: string
}

const kept = z.object({
  document: adoptionDocument,
  on: z.object({ name: serverName, place: place.nullable() }),
  object: z.string().refine(name => parseObjectName(name) !== null),
})

/** More than that no operator makes; each is a small file. */
const mostKept = 10_000
const readers = 16

/** The adoptions this machine knows: copies of those on servers. One that cannot be read hides no other. */
export class AdoptionBook {
  readonly #folder: string

  constructor(home: string) {
    this.#folder = join(home, 'adoptions')
  }

  /** Oldest first. */
  async all(): Promise<KeptAdoption[]> {
    const names = (await readdir(this.#folder).catch(() => [])).filter(name => name.endsWith('.json'))
    const left = names.slice(0, mostKept)
    const found: KeptAdoption[] = []
    const read = async () => {
      for (let name = left.pop(); name !== undefined; name = left.pop()) {
        const bytes = await readFile(join(this.#folder, name)).catch(() => null)
        const one = bytes && bytes.length <= 2 * maxDocumentBytes ? decode(bytes) : null
        if (one) found.push(one)
      }
    }
    await Promise.all(Array.from({ length: readers }, read))
    return found.sort(
      (a, b) =>
        compare(a.document.at, b.document.at) || compare(a.object, b.object) || compare(a.on.name, b.on.name),
    )
  }

  /** Those of a run of files, oldest first. */
  async of(where: Place, stamp: string): Promise<KeptAdoption[]> {
    return (await this.all()).filter(
      ({ document }) => document.stamp === stamp && isSamePlace(document.place, where),
    )
  }

  /** Keeps a copy; one that is there under the same name is replaced. */
  async keep(adoption: KeptAdoption): Promise<void> {
    makeFolders(this.#folder, 0o700)
    const file = join(this.#folder, `${adoption.on.name}_${adoption.object}`)
    await writeFileAtomically(file, `${JSON.stringify(adoption)}\n`)
  }
}

function decode(bytes: Uint8Array): KeptAdoption | null {
  try {
    return kept.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch {
    return null
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
