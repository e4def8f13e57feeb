import { readFile } from 'node:fs/promises'

/** Programs that run on a deployment host. They lie beside this file, in the sources and in what is built. */
export type HostProgram = 'supervisor' | 'serve'

const read = new Map<HostProgram, Promise<Buffer>>()

/** The text of one. */
export function hostProgram(name: HostProgram): Promise<Buffer> {
  const known = read.get(name) ?? readFile(new URL(`./${name}.py`, import.meta.url))
  read.set(name, known)
  return known
}
