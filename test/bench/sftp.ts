import type { Bench, Finding } from './bench.ts'
import type { Side } from './sftp-transfer.ts'
import { benchSftp } from './sftp-transfer.ts'
import { speedRatios, speedText } from './support/numbers.ts'

const targets = [
  { way: 'put', peer: 'rclone', atLeast: 1.2 },
  { way: 'put', peer: 'openssh', atLeast: 0.8 },
  { way: 'get', peer: 'rclone', atLeast: 1.2 },
  { way: 'get', peer: 'openssh', atLeast: 1 },
] as const

export const sftp: Bench = {
  name: 'sftp',
  about: 'one file over SFTP, both ways, against rclone and OpenSSH’s sftp',
  async *run({ quick, rounds }): AsyncGenerator<Finding> {
    const { bytes, seconds } = await benchSftp({ bytes: quick ? 100_000_000 : 500_000_000, runs: rounds })
    for (const { way, peer, atLeast } of targets) {
      const ours: Side = `${way} drydock`
      const theirs: Side = `${way} ${peer}`
      yield {
        what: `${way}, ${bytes / 1e6} MB, OpenSSH server`,
        ours: speedText(bytes, seconds[ours]),
        peer: `${peer} ${speedText(bytes, seconds[theirs])}`,
        measured: speedRatios(seconds[ours], seconds[theirs]),
        target: { atLeast },
      }
    }
  },
}
