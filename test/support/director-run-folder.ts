import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DirectorRequest, DirectorState } from '../../shared/contract/director.ts'
import { directorComponents, directorFileName } from '../../shared/director-files.ts'
import type { RunRecord } from '../../shared/run.ts'

/** What `setup.sh` prints, as Ansible does, with the questions as they were answered. */
export const directorOutput = [
  'PLAY [localhost] ***************************************************************',
  '',
  'TASK [read master.yml] *********************************************************',
  'ok: [localhost]',
  '',
  'Enter the Restore Type [FTP/AZURE/S3]: S3',
  'Enter the S3 Access Key: ',
  'Enter the S3 Bucket Name: dr-copies',
  'Enter the S3 URL: https://s3.offsite.example.com',
  '',
  'PLAY [servers] *****************************************************************',
  '',
  'TASK [stop director services] **************************************************',
  'changed: [server1]',
  '',
  'TASK [restore mongo dump] ******************************************************',
  'changed: [server1]',
  '',
  'PLAY RECAP *********************************************************************',
  'server1                    : ok=38   changed=19   unreachable=0    failed=0    skipped=3    rescued=0    ignored=0',
  '',
].join('\r\n')

const recap = [
  {
    ...{ host: 'server1', ok: 38, changed: 19, unreachable: 0 },
    ...{ failed: 0, skipped: 3, rescued: 0, ignored: 0 },
  },
]

export const endedDirectorState: DirectorState = {
  ...{ host: 'operator@198.51.100.30:22', folder: '/opt/zwan/deployment/setup', link: 'ended' },
  hostVersion: 'Ubuntu 22.04, ansible 2.14.3',
  ...{ lastOutput: '2026-03-26T14:31:00.000Z', play: 'servers', task: 'restore mongo dump' },
  ...{ tasks: 41, ok: 38, changed: 19, unreachable: 0, failed: 0, recap, asking: null },
  ...{ hostState: 'server1 was restored.', exit: 0, afterwards: [] },
}

export const directorRequestMade: DirectorRequest = {
  ...{ deployment: 'dr-site', mode: 'standalone', server: 'offsite', stamp: '20260326T131502' },
  edits: { names: null, master: [] },
  ...{ fetch: 'direct', serveOn: null, safetyCopy: null },
}

export const directorPreflightMade = {
  verdict: 'go',
  lines: [],
  hosts: [{ name: 'director-dr', ip: '198.51.100.21', erased: true }],
  files: directorComponents.map((component, index) => ({
    component,
    name: directorFileName(component, '20260326T131502'),
    size: 1000 * (index + 1),
    modified: '2026-03-26T13:15:30.000Z',
    sha256: String(index + 1).repeat(64),
  })),
  confirm: ['director-dr'],
  diffs: [
    {
      file: 'restore.yml',
      changed: 1,
      keptAs: 'restore.yml.20260326T140310Z',
      lines: [
        { is: 'same', line: 1, text: '# names of the dump files' },
        { is: 'removed', line: 2, text: 'MONGO_DUMP_FILE: mongo_latest.dump.gz' },
        { is: 'added', line: 2, text: 'MONGO_DUMP_FILE: mongo_20260326T131502.dump.gz' },
      ],
    },
    { file: 'master.yml', changed: 0, keptAs: null, lines: [] },
  ],
}

/** Writes the folder of a Director restore that has ended, as the engine leaves it behind. @returns its id */
export async function writeDirectorRun(
  home: string,
  change: {
    record?: Partial<RunRecord>
    state?: Partial<DirectorState> | null
    preflight?: unknown
    afterwards?: unknown
    output?: string | null
  } = {},
): Promise<string> {
  const id = change.record?.id ?? '20260326T140311Z-dr01'
  const folder = join(home, 'runs', id)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const record = {
    ...{
      id,
      kind: 'director-restore',
      state: 'succeeded',
      about: 'Director 20260326T131502 from offsite → director-dr',
    },
    ...{ started: '2026-03-26T14:03:11.000Z', ended: '2026-03-26T14:33:03.000Z' },
    ...{ problems: 0, firstProblems: [] },
    progress: { phase: 'afterwards', bytes: 0, total: null, files: 41 },
    phases: [
      { name: 'connecting', from: '2026-03-26T14:03:11.000Z' },
      { name: 'writing', from: '2026-03-26T14:03:20.000Z' },
      { name: 'vendor script', from: '2026-03-26T14:04:56.000Z' },
      { name: 'afterwards', from: '2026-03-26T14:31:01.000Z' },
    ],
    origin: { user: 'm.keller', host: 'console-07', version: '0.1.0' },
    ...{ failure: null, options: directorRequestMade },
    outcome: { exit: 0, recap, written: ['restore.yml.20260326T140310Z'] },
    ...{ seq: 900, control: null },
    ...change.record,
  }
  const write = (name: string, value: unknown) => writeFile(join(folder, name), JSON.stringify(value))
  await write('run.json', record)
  if (change.state !== null) await write('director.json', { ...endedDirectorState, ...change.state })
  if (change.preflight !== null) await write('preflight.json', change.preflight ?? directorPreflightMade)
  if (change.afterwards !== undefined) await write('afterwards.json', change.afterwards)
  const output = change.output === undefined ? directorOutput : change.output
  if (output !== null) await writeFile(join(folder, 'terminal.log'), output)
  return id
}
