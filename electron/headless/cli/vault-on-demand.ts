import type { Vault } from '../../engine/vault/index.ts'
import type { Env } from '../../engine/state/state-folder.ts'
import type { Masker } from '../../engine/masker.ts'

type Deps = {
  home: string
  env: Env
  masker: Masker
  /** Whether a person can be asked for the vault's passphrase. */
  mayAsk: boolean
  say: (text: string) => void
}

/**
 * The vault, opened when something is first read from it or saved in it: a command that needs no secret waits for no
 * keychain and asks for no passphrase. A new passphrase vault is offered only when something is to be saved.
 */
export function vaultOnDemand(deps: Deps): Vault {
  let opened: Promise<Vault> | undefined
  let current: Vault | undefined
  let offered = false
  let warned = false
  const touched = new Set<string>()

  const open = async (toSave: boolean): Promise<Vault> => {
    if (toSave && current?.tier === 'memory' && current.warning && deps.mayAsk && !offered) opened = undefined
    opened ??= openFor(toSave)
    try {
      current = await opened
    } catch (err) {
      opened = undefined
      throw err
    }
    if (toSave && current.warning && !warned) {
      warned = true
      deps.say(`Note: ${current.warning}`)
    }
    return current
  }
  const openFor = async (toSave: boolean): Promise<Vault> => {
    const { openVault } = await import('../../engine/vault/index.ts')
    offered ||= toSave
    const { promptForVault } = await import('./vault-prompt.ts')
    return await openVault({
      home: deps.home,
      env: deps.env,
      ...(deps.mayAsk ? { prompt: promptForVault({ mayCreate: toSave }) } : {}),
    })
  }
  const learnt = (value: string) => {
    try {
      deps.masker.learn(JSON.parse(value))
    } catch {
      deps.masker.learn(value)
    }
  }

  return {
    get tier() {
      return current?.tier ?? 'memory'
    },
    get about() {
      return current?.about ?? 'a vault that was not opened'
    },
    get persistent() {
      return current?.persistent ?? deps.env['DRYDOCK_VAULT'] !== 'memory'
    },
    async get(key) {
      touched.add(key)
      const value = await (await open(false)).get(key)
      if (value !== null) learnt(value)
      return value
    },
    async set(key, value) {
      touched.add(key)
      learnt(value)
      await (await open(true)).set(key, value)
    },
    async remove(key) {
      // A run that kept no key says so at its end all the same: no reason to open a vault.
      if (key.startsWith('run:') && !touched.has(key)) return
      await (await open(false)).remove(key)
    },
    async names() {
      return await (await open(false)).names()
    },
  }
}
