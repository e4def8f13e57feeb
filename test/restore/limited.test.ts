import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, describe } from 'vitest'
import { MiB } from '../../shared/units.ts'
import { backUp, filesBackup, onlyManifest, openTestEngine } from '../support/engine.ts'
import { noise } from '../support/tree.ts'
import { restoreAll } from './restoring.ts'

describe('a restore under a low limit', () => {
  it('tells what it has received before anything is acknowledged, and acknowledges early', async () => {
    const test = await openTestEngine()
    const server = await test.addServer('s')
    const [source, target] = [join(test.root, 'source'), join(test.root, 'target')]
    mkdirSync(source)
    const content = noise(24 * MiB, 'big')
    writeFileSync(join(source, 'big'), content)
    await backUp(test, filesBackup([source], ['s']))
    const { stamp } = await onlyManifest(server)
    const run = await test.engine.startRestore(
      restoreAll(`docs@${stamp}`, 's', target, { limit: Math.floor(1.5 * MiB) }),
    )
    let before = 0
    let first: { bytes: number; received: number } | undefined
    for await (const { progress } of run.snapshots()) {
      const { bytes, received = 0 } = progress
      if (bytes === 0) before = Math.max(before, received)
      else if (!first) {
        first = { bytes, received }
        // The rest need not take its time.
        void run.setLimit(null)
      }
    }
    const done = await run.done
    expect(done).toMatchObject({ state: 'succeeded', progress: { bytes: content.length } })
    expect(done.progress).not.toHaveProperty('received')
    expect(before).toBeGreaterThan(0)
    // One part at a time: three at once would all be nearly there when the first is.
    expect(first?.received ?? Infinity).toBeLessThan(12 * MiB)
    expect(readFileSync(join(target, 'source', 'big')).equals(content)).toBe(true)
  })
})
