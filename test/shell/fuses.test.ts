import { FuseV1Options } from '@electron/fuses'
import { describe, expect, it } from 'vitest'
// Plain JavaScript, because electron-builder loads it.
// @ts-expect-error it has no declarations
import * as packaging from '../../build/fuses.mjs'

const { fuses, binaryOf } = packaging as {
  fuses: Record<number, boolean>
  binaryOf: (at: Record<string, string>) => string
}

describe('the packaged binary', () => {
  it.each([
    FuseV1Options.RunAsNode,
    FuseV1Options.EnableNodeOptionsEnvironmentVariable,
    FuseV1Options.EnableNodeCliInspectArguments,
    FuseV1Options.GrantFileProtocolExtraPrivileges,
  ])('has back door %i shut', fuse => {
    expect(fuses[fuse]).toBe(false)
  })

  it('runs no code but that of its own archive', () => {
    expect(fuses[FuseV1Options.OnlyLoadAppFromAsar]).toBe(true)
    expect(fuses[FuseV1Options.EnableEmbeddedAsarIntegrityValidation]).toBe(true)
  })

  it('is found on every platform', () => {
    const at = { appOutDir: '/p', productFilename: 'Drydock', executableName: 'drydock' }
    expect(binaryOf({ ...at, electronPlatformName: 'linux' })).toBe('/p/drydock')
    expect(binaryOf({ ...at, electronPlatformName: 'win32' })).toBe('/p/Drydock.exe')
    expect(binaryOf({ ...at, electronPlatformName: 'darwin' })).toBe('/p/Drydock.app/Contents/MacOS/Drydock')
  })
})
