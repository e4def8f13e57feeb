import { hash } from 'node:crypto'
import type { DeploymentView } from '../../../../../shared/contract/director.ts'
import type { DirectorProblem, DirectorYamlFile } from '../../../../../shared/director.ts'
import { directorYamlFiles } from '../../../../../shared/director.ts'
import { EngineError } from '../../../engine-error.ts'
import type { Host } from '../host/host.ts'
import { noFile, shellWord } from '../host/host.ts'
import type { EditedDeployment } from './edited-deployment.ts'
import { fileProblem } from './problem.ts'
import type { ReadDeployment } from './read-deployment.ts'
import { maxYamlBytes } from './read-yaml.ts'

const during = 'director.read'

/**
 * Reads what a restore needs to know of a deployment folder. A file that is missing, too large, not UTF-8 or not
 * readable is told; a folder that is not there fails.
 * @throws EngineError `local.not-found`, `remote.not-found`, `network.*`
 */
export async function readDeployment(
  host: Host,
  folder: string,
  signal?: AbortSignal,
): Promise<ReadDeployment> {
  const read: ReadDeployment = {
    texts: { 'restore.yml': null, 'master.yml': null },
    sha256: { 'restore.yml': null, 'master.yml': null },
    unread: [],
    setup: await setupOf(host, folder, signal),
  }
  for (const file of directorYamlFiles) {
    const found = await readText(host, folder, file, signal)
    if (found === null) continue
    if ('problem' in found) read.unread.push(found.problem)
    else {
      read.texts[file] = found.text
      read.sha256[file] = found.sha256
    }
  }
  return read
}

/**
 * Writes the files that edits have changed, each as a whole; the old one stays beside it under the name its difference
 * tells, or that name with a number when it is taken.
 * @returns those names
 * @throws EngineError `run.conflict` when a file is no longer what was read: then none is written
 */
export async function writeDeployment(
  host: Host,
  folder: string,
  {
    read,
    edited,
    signal,
  }: { read: ReadDeployment; edited: EditedDeployment; signal?: AbortSignal | undefined },
): Promise<string[]> {
  const changed = edited.diffs.filter(({ changed }) => changed > 0)
  for (const { file } of changed) {
    const now = await shaOf(host, folder, file, signal)
    if (now !== read.sha256[file])
      throw new EngineError('run.conflict', 'director.write', {
        subject: file,
        detail: 'somebody has changed it since it was read; look at it again, then change it',
      })
  }
  const kept: string[] = []
  for (const { file, keptAs } of changed) {
    const text = edited.texts[file]
    if (text === null) continue
    const bytes = Buffer.from(text, 'utf8')
    const as = await writeKeeping(host, `${base(folder)}${file}`, { bytes, keptAs, signal })
    if (as !== null) kept.push(as)
  }
  return kept
}

async function writeKeeping(
  host: Host,
  path: string,
  { bytes, keptAs, signal }: { bytes: Buffer; keptAs: string | null; signal: AbortSignal | undefined },
): Promise<string | null> {
  // A new file may hold passwords: nobody else's business.
  const options = { mode: 0o600, ...(signal ? { signal } : {}) }
  if (keptAs === null) {
    await host.writeFile(path, bytes, options)
    return null
  }
  for (let nth = 1; ; nth++) {
    const keepAs = nth === 1 ? keptAs : `${keptAs}-${nth}`
    try {
      await host.writeFile(path, bytes, { ...options, keepAs })
      return keepAs
    } catch (err) {
      if (!(err instanceof EngineError) || err.code !== 'remote.exists' || nth === 20) throw err
    }
  }
}

type Text = { text: string; sha256: string } | { problem: DirectorProblem } | null

async function readText(
  host: Host,
  folder: string,
  file: DirectorYamlFile,
  signal?: AbortSignal,
): Promise<Text> {
  let bytes
  try {
    bytes = await host.readFile(`${base(folder)}${file}`, maxYamlBytes, signal)
  } catch (err) {
    if (!(err instanceof EngineError)) throw err
    if ((err.code === 'local.not-found' || err.code === 'remote.not-found') && err.detail === noFile)
      return {
        problem: fileProblem('file.unreadable', file, {
          finding: `${file} is no file: a folder or a pipe has that name`,
          fix: 'Put the file of the deployment source in its place.',
        }),
      }
    if (err.code === 'local.not-found' || err.code === 'remote.not-found') return null
    if (err.code === 'remote.limit')
      return {
        problem: fileProblem('yaml.too-large', file, {
          finding: `${file} is larger than 1 MiB`,
          fix: 'Put back the file of the deployment source.',
        }),
      }
    if (err.code === 'auth.denied' || err.code === 'local.denied' || err.code === 'local.io')
      return {
        problem: fileProblem('file.unreadable', file, {
          finding: `${file} cannot be read${err.detail === undefined ? '' : ` (${err.detail})`}`,
          fix: 'Give the user who logs in the right to read it.',
        }),
      }
    throw err
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return { text, sha256: hash('sha256', bytes) }
  } catch {
    return {
      problem: fileProblem('yaml.not-utf8', file, {
        finding: `${file} is no UTF-8 text`,
        fix: 'Save it anew as UTF-8, or put back the file of the deployment source.',
      }),
    }
  }
}

async function shaOf(
  host: Host,
  folder: string,
  file: DirectorYamlFile,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  const found = await readText(host, folder, file, signal)
  return found !== null && 'sha256' in found ? found.sha256 : null
}

async function setupOf(host: Host, folder: string, signal?: AbortSignal): Promise<DeploymentView['setup']> {
  const script = `d=${shellWord(base(folder).startsWith('/') ? base(folder) : `./${base(folder)}`)}
[ -d "$d" ] || exit 81
[ -f "$d/setup.sh" ] || { echo missing; exit 0; }
[ -x "$d/setup.sh" ] && echo runs || echo not-executable`
  try {
    const { exit, stdout } = await host.run(script, { signal })
    if (exit === 81)
      throw new EngineError(host.local ? 'local.not-found' : 'remote.not-found', during, {
        subject: folder,
        detail: `there is no such folder on ${host.about}`,
      })
    const said = stdout.toString('utf8').trim()
    return said === 'runs' || said === 'not-executable' ? said : 'missing'
  } catch (err) {
    // No sh: the files can be read on a local disk nevertheless, and the script will not run there.
    if (err instanceof EngineError && err.code === 'local.command' && host.local) return 'missing'
    throw err
  }
}

const base = (folder: string): string => (folder.endsWith('/') ? folder : `${folder}/`)
