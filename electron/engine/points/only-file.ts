import type { BackupFile } from '../archive/manifest.ts'
import { EngineError } from '../engine-error.ts'
import type { OpenedPoint } from './point.ts'

/** @throws EngineError `data.format` for a point with several components: none of them can be told for the whole */
export function onlyFile({ manifest, point }: OpenedPoint): BackupFile {
  const [file, ...others] = manifest.files
  if (!file || others.length > 0)
    throw new EngineError('data.format', 'restore.start', {
      subject: point,
      detail: 'a point with several components',
    })
  return file
}
