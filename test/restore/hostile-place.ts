import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { LedgerLine } from '../../electron/engine/restore/options.ts'
import type { TestEngine } from '../support/engine.ts'
import { openTestEngine } from '../support/engine.ts'
import { describeTree } from '../support/tree.ts'
import type { Forgery } from './forge.ts'
import { forge } from './forge.ts'
import type { Restored } from './restoring.ts'
import { restore, restoreAll } from './restoring.ts'

/** A server that a stranger has written to, and a target in the middle of things that must stay as they are. */
export type Place = TestEngine & {
  server: string
  target: string
  around: string
  /** Restores what was forged; fails when anything beside the target has changed. */
  attempt(forgery: Forgery, options?: Parameters<typeof restoreAll>[3]): Promise<Restored>
  expectUntouched(): void
  /** What lies in the target. */
  names(): string[]
}

export async function openPlace(): Promise<Place> {
  const test = await openTestEngine()
  const server = await test.addServer('s')
  const around = join(test.root, 'around')
  mkdirSync(join(around, 'outside', 'folder'), { recursive: true })
  writeFileSync(join(around, 'outside', 'canary'), 'sings')
  writeFileSync(join(around, 'canary'), 'sings too')
  writeFileSync(join(around, 'outside', 'folder', 'canary'), 'sings as well')
  const target = join(around, 'target')
  /** Everything beside the target: contents, modes, times, links. */
  const surroundings = () => describeTree(around).filter(line => !line.startsWith('"target'))
  const before = surroundings()
  const expectUntouched = () => expect(surroundings()).toEqual(before)
  return {
    ...test,
    server,
    target,
    around,
    expectUntouched,
    names: () => (existsSync(target) ? readdirSync(target).sort() : []),
    async attempt(forgery, options = {}) {
      const point = forge(server, forgery)
      const result = await restore(test.engine, restoreAll(point, 's', target, options))
      expectUntouched()
      return result
    },
  }
}

/** The ledger's line for the entry `path`. */
export const lineOf = ({ ledger }: Restored, path: string): LedgerLine | undefined =>
  ledger.find(line => line.path === path)
