import { stderr, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import type { Bench } from './bench.ts'
import { azure } from './azure.ts'
import { backupLocal } from './backup-local.ts'
import { consoleBench } from './console.ts'
import { ftps } from './ftps.ts'
import { loop } from './loop.ts'
import { memory } from './memory.ts'
import { resume } from './resume.ts'
import { s3 } from './s3.ts'
import { sftp } from './sftp.ts'
import { describeMachine, loadText } from './support/machine.ts'
import { tableHead, tableRow } from './support/table.ts'

const benches: readonly Bench[] = [backupLocal, sftp, s3, azure, ftps, memory, loop, resume, consoleBench]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    list: { type: 'boolean' },
  },
})
const unknown = positionals.filter(name => !benches.some(bench => bench.name === name))
if (values.list || unknown.length > 0) {
  if (unknown.length > 0) stderr.write(`There is no benchmark ${unknown.join(', ')}.\n`)
  for (const { name, about } of benches) stdout.write(`${name.padEnd(14)} ${about}\n`)
  process.exit(unknown.length > 0 ? 2 : 0)
}
const chosen = positionals.length > 0 ? benches.filter(bench => positionals.includes(bench.name)) : benches
const quick = values.quick
const rounds = Number(values.rounds ?? (quick ? 2 : 5))

const say = (line: string) => void stderr.write(`  ${line}\n`)
const machine = await describeMachine()
stderr.write(`${machine.join('\n')}\n`)
const rows: string[] = []
const failed: string[] = []
for (const bench of chosen) {
  stderr.write(`${bench.name}: ${bench.about} (load ${loadText()})\n`)
  try {
    for await (const finding of bench.run({ quick, rounds, say })) {
      const row = tableRow(bench.name, finding)
      rows.push(row)
      stderr.write(`${row}\n`)
    }
  } catch (err) {
    failed.push(`${bench.name}: ${err instanceof Error ? err.message : String(err)}`)
    stderr.write(`${err instanceof Error ? err.stack : String(err)}\n`)
  }
}
const size = quick ? 'small data (`--quick`): to see that it works, not to judge by; ' : ''
machine.push(`- ${size}${rounds} rounds; load average at the end: ${loadText()}`)
machine.push(...failed.map(why => `- **not measured:** ${why}`))
stdout.write(`${[...machine, '', ...tableHead, ...rows].join('\n')}\n`)
// Daemons' sockets or an SDK's agents must not keep a finished benchmark alive.
process.exit(failed.length > 0 ? 1 : 0)
