import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `tsc` leaves alone what is no TypeScript: the programs that the engine sends to hosts go beside its output here. */
const root = fileURLToPath(new URL('..', import.meta.url))
for (const name of await readdir(join(root, 'electron'), { recursive: true }))
  if (name.endsWith('.py')) await cp(join(root, 'electron', name), join(root, 'out', 'electron', name))
