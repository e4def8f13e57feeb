import { volumeName } from '../archive/names.ts'
import type { StoreLimits } from '../store/object-store.ts'

/** What the servers of a run take at most: the same file goes to all of them, so the smallest limit counts. */
export type VolumeLimits = { bytes: number; parts: number }

export function volumeLimits(limits: readonly StoreLimits[]): VolumeLimits {
  return {
    bytes: Math.min(...limits.map(l => l.maxObjectBytes)),
    parts: Math.min(...limits.map(l => l.maxParts)),
  }
}

/** Where a part goes: into which volume, and where in it. */
export type Place = { volume: number; name: string; index: number; offset: number }

/**
 * Cuts a file into volumes between parts. The first name has to be known before the size is: with an expected size
 * past the limit it is `NAME.001` from the beginning; a file that grows past it unexpectedly goes on in `NAME.002`.
 */
export class VolumeLayout {
  readonly volumes: { name: string; size: number; parts: number }[] = []
  private readonly name: string
  private readonly limits: VolumeLimits
  private readonly numbered: boolean

  /** @param expectedBytes what the file may come to, null when nobody knows */
  constructor(name: string, limits: VolumeLimits, expectedBytes: number | null) {
    this.name = name
    this.limits = limits
    this.numbered =
      expectedBytes !== null && (expectedBytes > limits.bytes || expectedBytes / leastPart > limits.parts)
  }

  /** To be asked once for each part, in order. */
  place(size: number): Place {
    let current = this.volumes.at(-1)
    if (
      !current ||
      (current.parts > 0 && (current.size + size > this.limits.bytes || current.parts >= this.limits.parts))
    ) {
      const index = this.volumes.length
      current = {
        name: index === 0 && !this.numbered ? this.name : volumeName(this.name, index),
        size: 0,
        parts: 0,
      }
      this.volumes.push(current)
    }
    const place = {
      volume: this.volumes.length - 1,
      name: current.name,
      index: current.parts,
      offset: current.size,
    }
    current.parts++
    current.size += size
    return place
  }

  /** For the manifest: absent when the file is one object under its own name. */
  get forManifest(): { name: string; size: number; parts: number }[] | undefined {
    return this.volumes.length > 1 || (this.volumes[0] && this.volumes[0].name !== this.name)
      ? this.volumes
      : undefined
  }
}

/** Parts are at least this large (see `PartAssembler`), save the last. */
const leastPart = 5 * 1024 * 1024
