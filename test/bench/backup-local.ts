import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from './bench.ts'
import { alternate } from './support/alternate.ts'
import { inBenchFolder } from './support/bench-folder.ts'
import type { Ended } from './support/laptop.ts'
import { Laptop, pointOf } from './support/laptop.ts'
import { median, speedRatios, speedText } from './support/numbers.ts'
import { realTree, relative } from './support/real-tree.ts'
import { shell } from './support/shell.ts'

const compress = 'tar cf - -C / "${@:2}" | zstd -q -3 -T2'

/**
 * The whole command, from the start of its process to its end, against the pipe that an operator would type. Ours
 * also writes the file to the disk, syncs it, and hashes every source file and every part; the first peer keeps nothing.
 */
export const backupLocal: Bench = {
  name: 'backup-local',
  about: 'backup of a real tree to a local folder and back, against tar and zstd',
  run: ({ quick, rounds, say }) =>
    inBenchFolder(async function* (folder) {
      const tree = await realTree(quick)
      say(`${tree.paths.join(' ')}: ${tree.files} files, ${(tree.tarBytes / 1e6).toFixed(0)} MB as tar`)
      const paths = relative(tree.paths)
      const laptop = new Laptop(folder)
      const disk = join(folder, 'disk')
      await laptop.add([{ name: 'disk', args: ['--type', 'local', '--path', disk], secrets: null }])
      const clear = async () => {
        for (const name of await readdir(disk)) if (!name.startsWith('.')) await rm(join(disk, name))
      }
      const peerFile = join(folder, 'peer.tar.zst')
      const runs: Ended[] = []
      const backup = () => laptop.run(['backup', ...tree.paths, '--name', 'tree', '--to', 'disk'])
      const seconds = await alternate(
        {
          drydock: { before: clear, work: async () => void runs.push(await backup()) },
          pipe: { work: async () => void (await shell(`${compress} | sha256sum`, ['', ...paths])) },
          'pipe to file': {
            before: () => rm(peerFile, { force: true }),
            work: async () =>
              void (await shell(`${compress} | tee "$1" | sha256sum; sync "$1"`, [peerFile, ...paths])),
          },
        },
        { rounds, say },
      )
      say(cpuOf(runs))
      const ours = speedText(tree.tarBytes, seconds.drydock)
      const name = `backup, ${(tree.tarBytes / 1e9).toFixed(2)} GB in ${tree.files} files, to a folder`
      yield {
        what: name,
        ours,
        peer: `tar \\| zstd -3 -T2 \\| sha256sum ${speedText(tree.tarBytes, seconds.pipe)}`,
        measured: speedRatios(seconds.drydock, seconds.pipe),
        target: { atLeast: 0.9 },
      }
      yield {
        what: `${name}, the peer storing it too`,
        ours,
        peer: `… \\| tee FILE \\| sha256sum; sync FILE ${speedText(tree.tarBytes, seconds['pipe to file'])}`,
        measured: speedRatios(seconds.drydock, seconds['pipe to file']),
        target: null,
      }

      await clear()
      const point = pointOf(await backup())
      const into = join(folder, 'restored')
      const fresh = async () => {
        await rm(into, { recursive: true, force: true })
        await mkdir(into)
      }
      const restores: Ended[] = []
      const back = await alternate(
        {
          drydock: {
            before: fresh,
            work: async () => void restores.push(await laptop.run(['restore', point, '--into', into])),
          },
          'zstd, tar': {
            before: fresh,
            work: async () =>
              void (await shell('zstd -q -dc "$1" | tar x -C "$2"; sync -f "$2"', [peerFile, into])),
          },
        },
        { rounds, say },
      )
      say(cpuOf(restores))
      yield {
        what: 'restore of it',
        ours: speedText(tree.tarBytes, back.drydock),
        peer: `zstd -dc \\| tar x; sync -f ${speedText(tree.tarBytes, back['zstd, tar'])}`,
        measured: speedRatios(back.drydock, back['zstd, tar']),
        target: null,
      }
    }),
}

const cpuOf = (runs: readonly Ended[]): string =>
  `engine: ${median(runs.map(run => run.usage.cpuSeconds)).toFixed(1)} s of CPU, peak RSS ${(median(runs.map(run => run.usage.peakRss)) / 1024 / 1024).toFixed(0)} MiB`
