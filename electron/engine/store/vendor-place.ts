import { EngineError } from '../engine-error.ts'
import type { ObjectStore } from './object-store.ts'

/** Why nothing is written to a place that holds `folder`, one of `vendorFolders`. */
export const vendorsOwn = (server: string, folder: string, during: string): EngineError =>
  new EngineError('remote.unsupported', during, {
    subject: server,
    detail: `it holds ${folder}/, which belongs to the vendor’s continuous backup: nothing may be written there; choose another server or folder`,
  })

/** @throws EngineError `remote.unsupported` when the vendor's continuous backup keeps its repositories there */
export async function requireNoVendor(
  store: ObjectStore,
  server: string,
  signal: AbortSignal,
): Promise<void> {
  const folder = (await store.vendorFolder?.({ signal })) ?? null
  if (folder !== null) throw vendorsOwn(server, folder, 'server.open')
}
