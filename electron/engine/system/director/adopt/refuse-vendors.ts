import { EngineError } from '../../../engine-error.ts'
import type { ObjectStore } from '../../../store/object-store.ts'

/** @throws EngineError `input.invalid` for a place that belongs to the vendor's continuous backup */
export async function refuseVendors(
  store: ObjectStore,
  name: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const folder = (await store.vendorFolder?.({ signal })) ?? null
  if (folder === null) return
  throw new EngineError('input.invalid', 'adopt.start', {
    subject: 'on',
    detail: `${name} holds ${folder}/, which belongs to the vendor’s continuous backup: nothing is ever written there. Choose another server for the manifest`,
  })
}
