import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)

describe('the programs that are sent to hosts', () => {
  it('lie beside the built module that reads them', async () => {
    await promisify(execFile)(process.execPath, [new URL('build/copy-host-programs.mjs', root).pathname])
    for (const name of ['supervisor.py', 'serve.py']) {
      const [source, built] = await Promise.all(
        ['', 'out/'].map(where =>
          readFile(new URL(`${where}electron/engine/system/director/job/${name}`, root), 'utf8'),
        ),
      )
      expect(built).toBe(source)
    }
  })
})
