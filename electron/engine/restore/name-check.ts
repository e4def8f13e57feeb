import type { RawPath } from '../archive/raw-path.ts'
import { rawToDisplay } from '../archive/raw-path.ts'
import { collisionKey, unsafeReason } from './target-path.ts'

/** Names that a file system like FAT does not take, or takes for one: its rules are those of Windows. */
export class NameCheck {
  private readonly seen: Map<string, RawPath> | null
  private readonly platform: NodeJS.Platform

  constructor(foldsCase: boolean) {
    this.seen = foldsCase ? new Map() : null
    this.platform = foldsCase && process.platform !== 'darwin' ? 'win32' : process.platform
  }

  reasonAgainst(path: RawPath): string | null {
    const reason = unsafeReason(path, this.platform)
    if (reason !== null || !this.seen) return reason
    const key = collisionKey(path)
    const twin = this.seen.get(key)
    if (twin === undefined) this.seen.set(key, path)
    return twin === undefined || twin === path ? null : `the same name there as ${rawToDisplay(twin)}`
  }
}
