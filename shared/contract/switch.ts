import { z } from 'zod'
import { deploymentEdits } from '../director.ts'
import { directorModes } from '../director-files.ts'
import { serverName } from '../server.ts'
import { count, nothing, runId, utc } from './common.ts'
import { directorLine, fileDiff } from './director.ts'
import { event, method } from './method.ts'
import { verdicts } from './restore.ts'

/**
 * The switch-over of a DC and DR pair: `setup.sh dc-to-dr` (or `dr-to-dc`) against the site that is active, then
 * against the one that takes over, then its address. Facts: §3.7 of the reference on zWAN.
 */
export const switchDirections = ['dc-to-dr', 'dr-to-dc'] as const
export type SwitchDirection = (typeof switchDirections)[number]

/** One of the two runs of `setup.sh`. */
const switchStep = z.object({
  /** Its deployment folder; both steps may use the same one, with other edits. */
  deployment: serverName,
  mode: z.enum(directorModes),
  /** `DC` or `DR`: what the site is called that `master.yml` has to name. */
  site: z.enum(['DC', 'DR']),
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  /** Its newest run; null: none was started. */
  run: runId.nullable(),
  ended: utc.nullable(),
})
export type SwitchStep = z.infer<typeof switchStep>

export const switchRecordShape = z.object({
  id: z.string().max(64),
  direction: z.enum(switchDirections),
  begun: utc,
  by: z.string(),
  /** The backup server that one site writes to and the other reads from: neither DC nor DR. */
  server: serverName,
  /** In their order. */
  steps: z.tuple([switchStep, switchStep]),
  /** The last step: how clients find the Director afterwards. */
  address: z.object({
    how: z.enum(['dns', 'management-url']),
    /** The name or URL to change. */
    value: z.string().max(300),
    done: utc.nullable(),
    note: z.string().max(2000),
  }),
  /** `open` until the address is changed, or somebody gives it up. */
  state: z.enum(['open', 'finished', 'given-up']),
})
export type SwitchRecord = z.infer<typeof switchRecordShape>

const step = z.union([z.literal(1), z.literal(2)])

export const switchPreflightShape = z.object({
  verdict: z.enum(verdicts),
  lines: z.array(directorLine),
  hosts: z.array(z.object({ name: z.string(), ip: z.string() })),
  /** What the operator types: the names of the hosts, in this order. */
  confirm: z.array(z.string()),
  diffs: z.array(fileDiff),
  /** What `setup.sh` is started with, as `./setup.sh standalone dc-to-dr`. */
  command: z.string(),
  /** The newest whole backup on the server, which the second step restores; null: none. */
  backup: z.object({ stamp: z.string(), at: utc, bytes: count }).nullable(),
  token: z.string(),
})
export type SwitchPreflight = z.infer<typeof switchPreflightShape>

export const switchContract = {
  /** Newest first. The state of a step follows its runs: `running` also while nobody watches its script. */
  'switch.list': method(
    nothing,
    z.object({
      switches: z.array(switchRecordShape),
      /** Records that this version cannot read; they hide no other. */
      unreadable: z.array(z.object({ id: z.string(), detail: z.string() })),
    }),
  ),
  /** Writes down what is meant; nothing is started. `run.conflict` while another one is open for one of the folders. */
  'switch.begin': method(
    z.object({
      direction: z.enum(switchDirections),
      /** The active site's folder, then the other's. */
      steps: z.tuple([
        z.object({ deployment: serverName, mode: z.enum(directorModes) }),
        z.object({ deployment: serverName, mode: z.enum(directorModes) }),
      ]),
      server: serverName,
      address: z.object({ how: z.enum(['dns', 'management-url']), value: z.string().trim().min(1).max(300) }),
    }),
    switchRecordShape,
  ),
  /** Checks all that a step needs, within 30 s; each line also comes as `switch.checked`. */
  'switch.preflight': method(
    z.object({ id: z.string().max(64), step, edits: deploymentEdits.shape.master.default([]) }),
    switchPreflightShape,
  ),
  'switch.checked': event(z.object({ id: z.string(), step, line: directorLine })),
  /**
   * Starts a step that the preflight found good. `run.conflict` for the second while the first is not done, or when
   * something changed since. The run is of kind `director-switch`: `director.state`, `.terminal`, `.answer` know it.
   */
  'switch.start': method(
    z.object({
      id: z.string().max(64),
      step,
      edits: deploymentEdits.shape.master.default([]),
      token: z.string(),
      typed: z.array(z.string()).max(16),
    }),
    z.object({ runId }),
  ),
  /** The last step: the operator has changed the address. `run.conflict` before both steps are done. */
  'switch.address': method(
    z.object({ id: z.string().max(64), note: z.string().max(2000).default('') }),
    switchRecordShape,
  ),
  /** Closes one that will not be finished; says nothing to any host. `run.conflict` while a step runs. */
  'switch.give-up': method(z.object({ id: z.string().max(64) }), switchRecordShape),
  'switch.changed': event(nothing),
}
