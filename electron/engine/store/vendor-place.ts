import { EngineError } from '../engine-error.ts'
import type { ObjectStore } from './object-store.ts'

/** Why nothing is written to a place that holds `folder`, one of `vendorFolders`, or lies below one that does. */
export const vendorsOwn = (server: string, folder: string, during: string): EngineError =>
  new EngineError('remote.unsupported', during, {
    subject: server,
    detail: `${folder}/ lies there or above: it belongs to the vendor’s continuous backup, and nothing may be written beside it; choose another server, bucket or folder`,
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
