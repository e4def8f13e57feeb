import { open } from 'node:fs/promises'
import { MiB } from '../../../shared/units.ts'
import { fromFsError } from '../engine-error.ts'
import type { ObjectStore } from '../store/object-store.ts'

const partBytes = 8 * MiB

/** Sends a file of this machine to a server under `name`, replacing what is there. Small ones go in one piece. */
export async function storeLocalFile(
  store: ObjectStore,
  name: string,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const handle = await open(file, 'r').catch((err: unknown) => {
    throw fromFsError(err, 'backup.entries', file)
  })
  try {
    const { size } = await handle.stat()
    if (size <= partBytes) return await store.put(name, await handle.readFile(), { signal })
    await store.remove(name, { signal })
    const upload = await store.upload(name, { signal })
    try {
      let index = 0
      for (let offset = 0; offset < size; offset += partBytes) {
        const bytes = Buffer.allocUnsafeSlow(Math.min(partBytes, size - offset))
        await handle.read(bytes, 0, bytes.length, offset)
        await upload.write({ index: index++, offset, bytes }, { signal })
      }
      await upload.commit({ bytes: size, parts: index }, { signal })
    } catch (err) {
      await upload.abort()
      throw err
    }
  } finally {
    await handle.close()
  }
}
