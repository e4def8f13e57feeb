import type { FileDiff } from '../../../../shared/contract/director.ts'
import type { DeploymentEdits, MasterEdit } from '../../../../shared/director.ts'
import type { DirectorComponent, DirectorMode } from '../../../../shared/director-files.ts'
import {
  directorComponents,
  directorFileName,
  directorFiles,
  parseDirectorFile,
} from '../../../../shared/director-files.ts'
import {
  editedDeployment,
  isSecretKey,
  masterSecrets,
  parsePath,
  pathText,
  readDeployment,
  writeDeployment,
} from '../../../engine/system/director/deployment/index.ts'
import { EngineError } from '../../../engine/engine-error.ts'
import type { CliContext } from '../context.ts'
import { invalid } from '../declare/declaring.ts'
import type { Ending } from '../ending.ts'
import { done } from '../ending.ts'
import { askNewPassphrase } from '../prompt.ts'
import type { Session } from '../session.ts'
import { withEngine } from '../session.ts'
import { showProblems, verdictLine } from './director-check.ts'
import type { FolderOptions } from './director-folder.ts'
import { onHostOf, placeOf, placeText } from './director-folder.ts'

export type DirectorEditOptions = FolderOptions & {
  stamp?: string
  name?: string[]
  set?: string[]
  secret?: string[]
  mode?: DirectorMode
  dryRun?: boolean
}

/** Changes single values of the two YAML files and nothing else in them; the old files stay beside the new ones. */
export async function directorEdit(
  ctx: CliContext,
  folder: string,
  options: DirectorEditOptions,
): Promise<Ending> {
  const place = placeOf(folder, options, ctx.folder)
  const names = namesFrom(options)
  const master = (options.set ?? []).map(setting)
  const secretPaths = (options.secret ?? []).map(parsePath)
  if (names === null && master.length === 0 && secretPaths.length === 0)
    throw invalid('nothing to change was given; --stamp, --name, --set and --secret do')
  return await withEngine(ctx, options, async session => {
    const secrets = await secretsFor(ctx, session, secretPaths)
    const edits: DeploymentEdits = {
      names,
      master: [
        ...master,
        ...[...secrets.keys()].map((draft, n): MasterEdit => ({
          op: 'secret',
          path: secretPaths[n]!,
          draft,
        })),
      ],
    }
    const { signal } = ctx.interrupts
    return await onHostOf(ctx, session, place, async host => {
      const read = await readDeployment(host, place.folder, signal)
      ctx.masker.learn(masterSecrets(read.texts['master.yml'] ?? ''))
      const edited = await editedDeployment(read, edits, {
        mode: options.mode ?? null,
        secretOf: draft => secrets.get(draft) ?? '',
        now: Date.now(),
      })
      const { diffs, verdict, problems } = edited
      await ctx.out.line(placeText(place))
      for (const diff of diffs) await showDiff(ctx, diff)
      const said = { verdict, problems: problems.map(({ edit: _, ...rest }) => rest) }
      const files = diffs.map(({ file }) => file)
      if (diffs.length === 0) await ctx.out.line('Nothing to change: the files say so already.')
      const kept =
        options.dryRun || diffs.length === 0
          ? []
          : await writeDeployment(host, place.folder, { read, edited, signal })
      if (options.dryRun) await ctx.out.line('Nothing was written.')
      else if (diffs.length > 0)
        await ctx.out.line(
          `Written: ${files.join(', ')}.${kept.length > 0 ? ` The old ones are kept as ${kept.join(', ')}.` : ''}`,
        )
      await showProblems(ctx, problems)
      await ctx.out.line(verdictLine(edited))
      return done({ ...said, files, kept, dryRun: options.dryRun === true })
    })
  })
}

function namesFrom({ stamp, name = [] }: DirectorEditOptions): DeploymentEdits['names'] {
  const names: NonNullable<DeploymentEdits['names']> = {} as Record<DirectorComponent, string>
  if (stamp !== undefined) {
    if (stamp !== 'latest' && !/^\d{8}T\d{6}Z?$/.test(stamp))
      throw invalid('--stamp: YYYYMMDDThhmmss as in the file names, or latest, is expected')
    for (const component of directorComponents) names[component] = directorFileName(component, stamp)
  }
  for (const given of name) {
    const [key = '', file] = splitOnce(given)
    const component = directorComponents.find(one => one === key || directorFiles[one].key === key)
    if (!component || file === undefined)
      throw invalid(`--name: COMPONENT=FILE is expected; components are ${directorComponents.join(', ')}`)
    const parsed = parseDirectorFile(file)
    if (parsed?.component !== component)
      throw invalid(`--name: ${JSON.stringify(file.slice(0, 80))} is no file of ${component}`)
    names[component] = file
  }
  return Object.keys(names).length > 0 ? names : null
}

/** Keys whose values are numbers; all others but `enabled` are texts. */
const numbers =
  /^(?:port|vxlan_id|host_vrrp_id|analytics_disk_size|minio_disk_size|smtp_port|smtp_enabled|install_msp|install_tenant)$/

/** `PATH=VALUE` of `--set`. @throws EngineError `input.invalid`, also for a secret: those have an option of their own */
export function setting(given: string): MasterEdit {
  const [text = '', value] = splitOnce(given)
  if (value === undefined) throw invalid('--set: PATH=VALUE is expected, as servers[0].ip=192.0.2.11')
  const path = parsePath(text)
  const key = path.findLast(step => typeof step === 'string') ?? ''
  if (isSecretKey(key))
    throw invalid(
      `${pathText(path)} is a secret, which never goes on the command line; give --secret ${pathText(path)}`,
    )
  if (value === '') return { op: 'set', path, value: null }
  if (numbers.test(key)) {
    if (!/^(?:0|[1-9]\d{0,8})$/.test(value)) throw invalid(`--set: ${pathText(path)} is to be a whole number`)
    return { op: 'set', path, value: Number(value) }
  }
  if (key === 'enabled') {
    if (value !== 'true' && value !== 'false')
      throw invalid(`--set: ${pathText(path)} is to be true or false`)
    return { op: 'set', path, value: value === 'true' }
  }
  return { op: 'set', path, value }
}

function splitOnce(text: string): [string, string?] {
  const at = text.indexOf('=')
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

/** Drafts by name, in the order of the paths: from `values` of the secrets that came along, else typed. */
export async function secretsFor(
  ctx: CliContext,
  { given, mayAsk }: Session,
  paths: readonly (string | number)[][],
): Promise<Map<string, string>> {
  const { values } = (given.all ?? {}) as { values?: Record<string, unknown> }
  const secrets = new Map<string, string>()
  for (const path of paths) {
    const name = pathText(path)
    const known = values && Object.hasOwn(values, name) ? values[name] : undefined
    if (known !== undefined && typeof known !== 'string')
      throw invalid(`values of the secrets: ${name} is to be a text`)
    if (known === undefined && !mayAsk)
      throw new EngineError('auth.secret-missing', 'director.edit', {
        subject: name,
        detail: `expected: {"values":{"${name}":…}}`,
      })
    const secret = known ?? (await askNewPassphrase(`New value of ${name}`))
    if (secret === null || secret === '') throw invalid(`no value was given for ${name}`)
    ctx.masker.learn(secret)
    secrets.set(`${secrets.size}`, secret)
  }
  return secrets
}

export async function showDiff({ out }: CliContext, diff: FileDiff): Promise<void> {
  await out.event('diff', { ...diff })
  await out.line(`${diff.file}: ${diff.changed} ${diff.changed === 1 ? 'line changes' : 'lines change'}`)
  let before = 0
  for (const { is, line, text } of diff.lines) {
    if (before !== 0 && line > before + 1) await out.line('       …')
    before = line
    await out.line(
      `  ${is === 'same' ? ' ' : is === 'added' ? '+' : '-'} ${String(line).padStart(4)}  ${text}`,
    )
  }
}
