import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { DrydockMethod, InputOf, OutputOf } from '../../shared/contract/index.ts'
import type { Failure } from '../../shared/failure.ts'
import type { Clock } from '../../electron/engine/ports.ts'
import type { OpenedService } from '../../electron/engine/service/index.ts'
import { openService } from '../../electron/engine/service/index.ts'
import { tempFolder } from '../support/temp-folder.ts'

export type TestService = OpenedService & {
  root: string
  home: string
  events: { name: string; payload: unknown }[]
  /** The value of a call that must go well. */
  call<K extends DrydockMethod>(name: K, input?: InputOf<K>): Promise<OutputOf<K>>
  /** The failure of a call that must fail. */
  fails(name: string, input?: unknown): Promise<Failure>
  /** The first event, past or to come, that `wanted` takes. */
  sees<T>(name: string, wanted?: (payload: T) => boolean): Promise<T>
}

/** A service on a state folder of its own, in this process. */
export async function openTestService(
  options: { root?: string; env?: Record<string, string>; clock?: Clock } = {},
): Promise<TestService> {
  const root = options.root ?? (await tempFolder())
  const home = join(root, 'home')
  const env = options.env ?? { DRYDOCK_VAULT: 'memory' }
  const { clock } = options
  const opened = await openService({
    ...{ home, env, version: '0.0.0-test', shell: 'console' as const },
    ...(clock ? { clock } : {}),
  })
  onTestFinished(() => opened.close())
  const events: TestService['events'] = []
  const wake = new Set<() => void>()
  opened.service.subscribe((name, payload) => {
    events.push({ name, payload })
    for (const go of wake) go()
    wake.clear()
  })
  const ask = (name: string, input: unknown) => opened.service.call(name, input, new AbortController().signal)
  return {
    ...opened,
    root,
    home,
    events,
    async call(name, input) {
      const answer = await ask(name, input)
      if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer.failure)}`)
      return answer.value as never
    },
    async fails(name, input) {
      const answer = await ask(name, input)
      if (answer.ok) throw new Error(`${name} went well: ${JSON.stringify(answer.value)}`)
      return answer.failure
    },
    async sees<T>(name: string, wanted: (payload: T) => boolean = () => true) {
      for (;;) {
        const found = events.find(one => one.name === name && wanted(one.payload as T))
        if (found) return found.payload as T
        await new Promise<void>(resolve => wake.add(resolve))
      }
    },
  }
}
