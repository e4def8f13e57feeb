import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomically } from '../state/atomic-file.ts'

const choice = z.object({ tier: z.enum(['keychain', 'passphrase']) })

const fileOf = (home: string) => join(home, 'vault.choice.json')

/** The vault to which an operator moved the secrets of this state folder; null when nobody did. */
export function readChoice(home: string): 'keychain' | 'passphrase' | null {
  try {
    return choice.parse(JSON.parse(readFileSync(fileOf(home), 'utf8'))).tier
  } catch {
    return null
  }
}

/** Keeps the choice for every later start; `DRYDOCK_VAULT` comes before it. */
export async function keepChoice(home: string, tier: 'keychain' | 'passphrase'): Promise<void> {
  await writeFileAtomically(fileOf(home), `${JSON.stringify({ tier })}\n`)
}
