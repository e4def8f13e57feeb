import { useEffect, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { PointOnServer } from '../../../shared/contract/point.ts'
import type { ServerInfo } from '../../../shared/contract/server.ts'
import { useCall, useDeed, useStores } from '../../app/app-context.tsx'
import { counted, formatBytes } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { Button, Choice, Dialog, Field, Trouble } from '../../ui/index.ts'
import { serverWord, siteName, typeOf } from '../servers/index.ts'
import { adoptOptions } from './adopt-model.ts'

/** Where the hashes of a vendor's files are kept from now on; then the run that reads the files back. */
export function AdoptDialog({ copy, onClose }: { copy: PointOnServer; onClose: () => void }) {
  const call = useCall()
  const infos = useStore(useStores().servers, ({ value }) => value?.servers) ?? none
  const owned = useVendorOwned(infos)
  const [chosen, setChosen] = useState<string | null>(null)
  const { server, stamp } = copy
  const options = adoptOptions(
    infos.map(info => ({ name: info.record.name, word: serverWord(info) })),
    server,
    owned,
  )
  const on = chosen ?? options.find(({ off }) => off === null)?.server ?? null
  const off = options.find(option => option.server === on)?.off ?? null
  const adopt = useDeed((given, to: string) => call('adopt.start', { server, stamp, on: to }, given))
  const start = async () => {
    if (on === null) return
    const answer = await adopt.run(on)
    if (answer?.ok) go({ page: 'runs', mode: 'show', name: answer.value.runId })
  }
  return (
    <Dialog
      open
      escape="closes"
      title="Adopt this run of the vendor’s own tool?"
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Not now</Button>
          <Button
            kind="primary"
            busy={adopt.busy}
            off={on === null ? 'no server can keep its hashes' : off}
            onClick={() => void start()}
          >
            Read back and adopt
          </Button>
        </>
      }
    >
      <p>
        {counted(copy.files, 'file')} of {stamp} on {server}, {formatBytes(copy.bytes)}, are read back whole
        and hashed. The list of hashes is kept as a manifest on the server you choose; the files are not
        touched.
      </p>
      <p>
        From then on Verify and the preflight of a Director restore tell whether a file has changed. What
        happened to the files before, nobody can tell.
      </p>
      <Field group label="Keep the manifest on">
        <Choice
          value={on}
          onChange={setChosen}
          options={options.map(({ server: name, off: why, same }) => {
            const info = infos.find(({ record }) => record.name === name)
            return {
              value: name,
              title: name,
              off: why,
              ...(same && { detail: 'Beside the files themselves: whoever changes them can change it too.' }),
              side: info && (
                <span className="muted">
                  {typeOf(info.record)}
                  {info.record.site ? `, ${siteName(info.record.site).toLowerCase()}` : ''}
                </span>
              ),
            }
          })}
        />
      </Field>
      {adopt.failure && <Trouble failure={adopt.failure} {...(on !== null && { around: { server: on } })} />}
    </Dialog>
  )
}

const none: readonly ServerInfo[] = []

/** The servers that belong to the vendor's continuous backup, as far as they have answered. */
function useVendorOwned(infos: readonly ServerInfo[]): ReadonlySet<string> {
  const call = useCall()
  const [owned, setOwned] = useState<ReadonlySet<string>>(new Set())
  const names = useMemo(() => infos.map(({ record }) => record.name).join('\n'), [infos])
  useEffect(() => {
    const stop = new AbortController()
    const ask = async (server: string) => {
      const answer = await call('director.points', { server }, stop)
      if (answer.ok && answer.value.vendorOwned) setOwned(last => new Set(last).add(server))
    }
    for (const server of names === '' ? [] : names.split('\n')) void ask(server)
    return () => stop.abort()
  }, [call, names])
  return owned
}
