import type { BackupFile } from '../archive/manifest.ts'
import { volumesOf } from '../archive/manifest.ts'

/** How to restore a backup file without Drydock, as the manifest tells it: commands that work as they stand. */
export function restoreText(files: readonly BackupFile[]): string {
  const lines = ['To restore without Drydock, fetch the files named here into one folder and run:']
  for (const file of files) {
    const volumes = volumesOf(file)
    const start = volumes.length > 1 ? `cat ${volumes.map(v => v.name).join(' ')}` : null
    const name = volumes[0]?.name ?? file.name
    const steps: string[] = []
    if (file.encryption) steps.push('age -d')
    if (file.compression !== 'none') steps.push(file.compression === 'zstd' ? 'zstd -d' : 'gzip -d')
    const target =
      file.layout === 'tar'
        ? 'tar x'
        : `cat > ${file.entries.name.replace(/\.entries\.jsonl.*$/, '')}.restored`
    steps.push(target)
    if (start) steps.unshift(start)
    else steps[0] = steps.length === 1 && file.layout === 'tar' ? `tar x < ${name}` : `${steps[0]} < ${name}`
    lines.push(`  ${steps.join(' | ')}`)
  }
  lines.push(
    'With age, give the passphrase when asked, or add -i KEYFILE for a key. Every file and each of its parts is listed with its SHA-256: sha256sum proves it whole.',
  )
  return lines.join('\n')
}
