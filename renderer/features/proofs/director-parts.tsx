import type { DirectorProof } from '../../../shared/contract/proof.ts'
import { counted, formatBytes, formatCount } from '../../app/format.ts'
import { href } from '../../app/router.ts'
import { type Column, DataTable, Facts, Section, Status, visibleControls, YamlDiff } from '../../ui/index.ts'
import { shortHash } from './director-model.ts'
import css from './proofs.module.css'

type File = DirectorProof['files'][number]
type Recap = DirectorProof['recap'][number]

const fileColumns: Column<File>[] = [
  {
    id: 'file',
    head: 'File',
    cell: ({ name }) => <code className="breakable">{visibleControls(name)}</code>,
  },
  { id: 'part', head: 'Part', width: '17%', cell: ({ component }) => titles[component] },
  { id: 'size', head: 'Size', width: '10%', align: 'end', cell: ({ bytes }) => formatBytes(bytes) },
  {
    id: 'hash',
    head: 'SHA-256',
    width: '18%',
    cell: ({ sha256 }) =>
      sha256 === null ? (
        <span className="note">not read as a whole</span>
      ) : (
        <code title={sha256}>{shortHash(sha256)}</code>
      ),
  },
]
const titles = {
  mongo: 'Mongo DB',
  postgres: 'Postgres DB',
  elk: 'ELK',
  'certificate-service': 'Certificate service',
  'ec-provision': 'Edge controllers',
} as const satisfies Record<File['component'], string>

const recapColumns: Column<Recap>[] = [
  { id: 'host', head: 'Host', cell: ({ host }) => <span className="truncate">{visibleControls(host)}</span> },
  ...(['ok', 'changed', 'unreachable', 'failed', 'skipped'] as const).map((field): Column<Recap> => ({
    id: field,
    head: field.charAt(0).toUpperCase() + field.slice(1),
    width: '12%',
    align: 'end',
    cell: row => {
      const isBad = (field === 'failed' || field === 'unreachable') && row[field] > 0
      return isBad ? <b className={css.bad}>{formatCount(row[field])}</b> : formatCount(row[field])
    },
  })),
]
const nameOf = ({ name }: File) => name
const hostOf = ({ host }: Recap) => host

/** What the report of a Director restore has beside the others: its files, the script, the changes of both YAML files. */
export function DirectorParts({ director, runId }: { director: DirectorProof; runId: string }) {
  const { files, recap, diffs, exit, terminal } = director
  return (
    <>
      <Section title="Files" note={counted(files.length, 'file')}>
        <DataTable
          label="Files"
          columns={fileColumns}
          rows={files}
          rowKey={nameOf}
          density="dense"
          empty={<span className="muted">What was on the server was not noted.</span>}
        />
        <p className="note">Each SHA-256 is of the bytes on the server, read before the restore began.</p>
        <FullHashes files={files} />
      </Section>
      <Section title="The vendor’s script">
        <div className={css.facts}>
          <Facts
            tight
            names="8rem"
            facts={[
              [
                'Ended',
                exit === null ? (
                  <Status key="exit" is="Not proven" says="Exit status not known" quiet />
                ) : (
                  <Status
                    key="exit"
                    is={exit === 0 ? 'Done' : 'Failed'}
                    says={`with exit status ${exit}`}
                    quiet
                  />
                ),
              ],
              [
                'Its output',
                terminal === null ? (
                  'was not kept'
                ) : (
                  <span key="log" className="breakable">
                    terminal.log, {formatBytes(terminal.bytes)}, secrets masked.{' '}
                    <a href={href({ page: 'runs', mode: 'show', name: runId })}>Read it in the run</a>{' '}
                    <code>SHA-256 {terminal.sha256}</code>
                  </span>
                ),
              ],
            ]}
          />
        </div>
        <DataTable
          label="Recap of the hosts"
          columns={recapColumns}
          rows={recap}
          rowKey={hostOf}
          density="dense"
          empty={<span className="muted">Ansible gave no recap.</span>}
        />
      </Section>
      <Section
        title="Changes of the YAML files"
        {...(diffs.length === 0 && { note: 'none: both stood as they were' })}
      >
        {diffs.map(({ file, changed, keptAs, lines }) => (
          <div key={file} className={css.diff}>
            <YamlDiff
              file={file}
              note={`${counted(changed, 'line')} changed`}
              {...(keptAs !== null && { kept: `old one kept as ${keptAs}` })}
              lines={lines}
              around={2}
            />
          </div>
        ))}
      </Section>
    </>
  )
}

/** On paper a hash stands whole. */
function FullHashes({ files }: { files: readonly File[] }) {
  return (
    <div className={css.printed} aria-hidden>
      <table>
        <tbody>
          {files.map(({ name, sha256 }) => (
            <tr key={name}>
              <td>{visibleControls(name)}</td>
              <td>{sha256 === null ? 'not read as a whole' : `SHA-256 ${sha256}`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
