import type { ProofReport } from '../../../shared/contract/proof.ts'
import { formatClock, formatCount, formatMoment, formatUtc, formatZone } from '../../app/format.ts'
import { Facts, Section } from '../../ui/index.ts'
import css from './proofs.module.css'

/** The facts of a restore that an auditor asks for. */
export function WhoWhenWhat({ report }: { report: ProofReport }) {
  const { started, ended, server, target, point, director } = report
  return (
    <Section title="Who, when, what">
      <div className={css.facts}>
        <Facts
          tight
          names="5.5rem"
          facts={[
            [
              'Occasion',
              report.outage === null
                ? 'No outage was declared'
                : `Outage, since ${formatMoment(report.outage)}`,
            ],
            director ? ['By', report.operator] : ['By', `${report.operator} on ${target.host}`],
            [
              'Ran',
              `${formatMoment(started)} to ${ended === null ? 'an end nobody saw' : formatClock(ended, true)} ${formatZone(started)}`,
            ],
            ['In UTC', `${formatUtc(started, true)}${ended === null ? '' : ` to ${formatUtc(ended, true)}`}`],
            [
              'Point',
              <code key="point" className="breakable">
                {point}
              </code>,
            ],
            ['From', <span key="from" className="breakable">{`${server.name}: ${server.about}`}</span>],
            director
              ? [
                  'To',
                  <span key="to" className="breakable">
                    {director.hosts.length === 0
                      ? 'the hosts of master.yml, not noted'
                      : director.hosts
                          .map(({ name, ip, erased }) => `${name}, ${ip}${erased ? '' : ' (not touched)'}`)
                          .join('; ')}
                  </span>,
                ]
              : ['To', <span key="to" className="breakable">{`${target.folder} on ${target.host}`}</span>],
            director !== undefined && [
              'Script',
              <span key="script" className="breakable">
                setup.sh {director.mode === 'standalone' ? 'standalone ' : ''}restore, in {target.folder} on{' '}
                {target.host}
              </span>,
            ],
            ...(director
              ? [...director.afterwards]
                  .sort((a, b) => (a.id === b.id ? 0 : a.id === 'director' ? -1 : 1))
                  .map(({ id, ok, note }): readonly [string, string] => [
                    id === 'director' ? 'Director' : 'Analytics',
                    `${ok ? 'All there' : 'Something is wrong'}${note === '' ? '' : `: ${note}`}`,
                  ])
              : []),
            report.system !== null && ['System', report.system],
            report.plan !== null && ['Plan', report.plan],
            ['Problems', report.problemCount === 0 ? 'None' : formatCount(report.problemCount)],
            ['Drydock', report.tool.replace(/^drydock /, '')],
            director !== undefined && ['Host', director.versions.host ?? 'Its versions were not noted'],
            [
              'Run',
              <code key="run" className="breakable">
                {report.runId}
              </code>,
            ],
            director === undefined && [
              'Manifest',
              report.manifestSha256 === null ? (
                'None, or its hash was not noted'
              ) : (
                <code key="sha" className="breakable">
                  SHA-256 {report.manifestSha256}
                </code>
              ),
            ],
          ]}
        />
      </div>
    </Section>
  )
}
