import { readFileSync } from 'node:fs'

/** Names of users and groups by number, as this machine's files list them; '' for a number without a name. */
export type Owners = { user(uid: number): string; group(gid: number): string }

/** Reads `/etc/passwd` and `/etc/group`. A directory service's users are known by number only. */
export function readOwners(): Owners {
  const users = namesByNumber('/etc/passwd')
  const groups = namesByNumber('/etc/group')
  return { user: uid => users.get(uid) ?? '', group: gid => groups.get(gid) ?? '' }
}

/** Numbers by name, for a restore on a machine that gives the same names other numbers. */
export function readOwnerNumbers(): { uid(name: string): number | null; gid(name: string): number | null } {
  const invert = (map: Map<number, string>) => new Map([...map].map(([id, name]) => [name, id]))
  const users = invert(namesByNumber('/etc/passwd'))
  const groups = invert(namesByNumber('/etc/group'))
  return { uid: name => users.get(name) ?? null, gid: name => groups.get(name) ?? null }
}

function namesByNumber(file: string): Map<number, string> {
  const names = new Map<number, string>()
  let text
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return names // Windows, or a stripped container: numbers alone are kept.
  }
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':')
    if (name && id && /^\d+$/.test(id) && !names.has(Number(id))) names.set(Number(id), name)
  }
  return names
}
