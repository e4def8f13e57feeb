import { describe, expect, it } from 'vitest'
import { EngineError } from '../../../electron/engine/engine-error.ts'
import { Board } from '../../../electron/engine/system/director/preflight/board.ts'
import { openPlace } from '../../../electron/engine/system/director/preflight/place-lines.ts'
import type { Deployment } from '../../../shared/director.ts'
import type { FailureCode } from '../../../shared/failure.ts'

const deployment: Deployment = {
  name: 'dc',
  place: { kind: 'ssh', host: 'deploy.example.com', port: 22, user: 'operator', folder: '/opt/setup' },
  hostKeys: {},
  added: '2026-01-01T00:00:00.000Z',
}

async function fixFor(code: FailureCode): Promise<string> {
  const board = new Board({ signal: new AbortController().signal, told: () => {} })
  const openHost = () => Promise.reject(new EngineError(code, 'director.host', {}))
  expect(await openPlace({ deployment, openHost }, board, board.until(5000))).toBeNull()
  return board.sorted[0]?.fix ?? ''
}

describe('the advice where a deployment host cannot be opened', () => {
  it.each([
    ['trust.host-key-changed', /^Do not go on: .*administrator/],
    ['trust.host-key-unknown', /^Compare the fingerprint/],
    ['trust.host-key-revoked', /^Do not go on\./],
    ['auth.rejected', /^Change its password or key, then check again\.$/],
    ['auth.vault-locked', /^Unlock the vault/],
    ['network.unreachable', /^See that the host is up/],
  ] as const)('for %s does not mislead', async (code, words) => {
    const fix = await fixFor(code)
    expect(fix).toMatch(words)
    // It is read on a page as well as on a terminal.
    expect(fix).not.toMatch(/--[a-z]|[{}]/)
  })
})
