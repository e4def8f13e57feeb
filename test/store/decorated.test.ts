import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LocalStore } from '../../electron/engine/store/local/local-store.ts'
import { limiting } from '../../electron/engine/store/limiting.ts'
import { Meter, metering } from '../../electron/engine/store/metering.ts'
import type { ObjectStore } from '../../electron/engine/store/object-store.ts'
import { RateLimiter } from '../../electron/engine/store/rate-limiter.ts'
import { retrying } from '../../electron/engine/store/retrying.ts'
import type { LocalServer } from '../../electron/engine/store/server-record.ts'
import { MiB } from '../../shared/units.ts'
import { objectStoreConformance } from '../conformance/object-store.ts'

const decorated = (bytesPerSecond: number | null, path: string): ObjectStore => {
  const record: LocalServer = { type: 'local', name: 'disk', added: '', learned: {}, path }
  return retrying(limiting(metering(new LocalStore(record), new Meter()), new RateLimiter(bytesPerSecond)))
}

// With a limit that is felt and without: the two take different ways through the gate.
for (const rate of [null, 300 * MiB]) {
  objectStoreConformance(
    `retrying(limiting(metering(local))), ${rate === null ? 'no limit' : 'limited'}`,
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'drydock-decorated-'))
      return {
        store: decorated(rate, folder),
        reopen: async () => decorated(rate, folder),
        cleanup: () => rm(folder, { recursive: true }),
      }
    },
  )
}
