import { EngineError } from '../../../engine-error.ts'
import type { ObjectInfo, ObjectStore } from '../../../store/object-store.ts'
import type { AdoptionDocument } from './document.ts'
import {
  decodeAdoption,
  encodeAdoption,
  objectName,
  objectPrefix,
  parseObjectName,
  readAdoption,
} from './document.ts'
import { placeId } from './place.ts'

const during = 'adopt.write'
/** Documents of the same files on one server: files that came one by one make five. */
const most = 50

/**
 * Writes an adoption beside those that are there, and reads it back. None is ever replaced: where the same files were
 * adopted before nothing is written, and where more have come it stands beside, under the next number.
 * @returns the document that holds, which may be the earlier one
 * @throws EngineError `data.damaged` when an earlier one has another hash for one of the files
 */
export async function writeAdoption(
  store: ObjectStore,
  document: AdoptionDocument,
  signal: AbortSignal,
): Promise<{ object: string; document: AdoptionDocument; already: boolean }> {
  const id = placeId(document.place)
  for (let tries = 0; tries < 3; tries++) {
    const there = await earlierOn(store, document, signal)
    const taken = new Set(there.map(({ info }) => info.name))
    for (const { info, earlier } of there) {
      if (!earlier) continue
      refuseOther(info.name, earlier, document)
      if (document.files.every(({ name }) => earlier.files.some(file => file.name === name)))
        return { object: info.name, document: earlier, already: true }
    }
    const number = Array.from({ length: most }, (_, n) => n + 1).find(
      n => !taken.has(objectName(document.stamp, id, n)),
    )
    if (number === undefined)
      throw new EngineError('remote.limit', during, {
        subject: store.about,
        detail: `there are ${most} adoptions of these files already`,
      })
    const object = objectName(document.stamp, id, number)
    const bytes = encodeAdoption(document)
    try {
      await store.put(object, bytes, { ifAbsent: true, signal })
    } catch (err) {
      // Another laptop was quicker: its document is looked at like any other.
      if (err instanceof EngineError && err.code === 'remote.exists') continue
      throw err
    }
    await compareBack(store, { name: object, size: bytes.length }, bytes, signal)
    return { object, document, already: false }
  }
  throw new EngineError('run.conflict', during, {
    subject: store.about,
    detail: 'somebody else adopts the same files there at the same time',
  })
}

async function earlierOn(
  store: ObjectStore,
  document: AdoptionDocument,
  signal: AbortSignal,
): Promise<{ info: ObjectInfo; earlier: AdoptionDocument | null }[]> {
  const id = placeId(document.place)
  const found: { info: ObjectInfo; earlier: AdoptionDocument | null }[] = []
  for await (const info of store.list(`${objectPrefix}${document.stamp}-${id}`, { signal })) {
    const said = parseObjectName(info.name)
    if (said?.stamp === document.stamp && said.id === id && found.length < most)
      found.push({ info, earlier: await readAdoption(store, info, signal) })
  }
  return found.sort((a, b) => (a.info.name < b.info.name ? -1 : 1))
}

function refuseOther(object: string, earlier: AdoptionDocument, { files }: AdoptionDocument): void {
  for (const { name, sha256 } of files) {
    const was = earlier.files.find(file => file.name === name)
    if (was && was.sha256 !== sha256)
      throw new EngineError('data.damaged', during, {
        subject: name,
        detail: `${name} is not what was adopted on ${earlier.at.slice(0, 10)} (${object} says SHA-256 ${was.sha256.slice(0, 16)}…, now it is ${sha256.slice(0, 16)}…). The first adoption stays as it is`,
      })
  }
}

async function compareBack(
  store: ObjectStore,
  object: { name: string; size: number },
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const pieces: Uint8Array[] = []
  for await (const piece of store.read(object.name, { offset: 0, length: object.size }, { signal }))
    pieces.push(piece)
  const back = Buffer.concat(pieces)
  if (!back.equals(bytes) || !decodeAdoption(back))
    throw new EngineError('remote.wrong-answer', during, {
      subject: object.name,
      detail: 'what the server gives back is not what was written',
    })
}
