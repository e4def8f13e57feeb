import type { ObjectStore, ProbeCheck } from './object-store.ts'

/** What a probe says where the vendor's continuous backup keeps its repositories: then it writes nothing. Null: go on. */
export async function foreignRepository(
  store: ObjectStore,
  signal: AbortSignal | undefined,
): Promise<ProbeCheck | null> {
  const folder = (await store.vendorFolder?.({ signal })) ?? null
  if (folder === null) return null
  return {
    ...{ name: 'neighbours', ok: true, level: 'info' },
    detail: `${folder}/ lies here or above, which another tool keeps; nothing was written to try it out`,
  }
}
