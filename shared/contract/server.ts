import { z } from 'zod'
import { serverName, serverRecord } from '../server.ts'
import { failure, nothing, utc } from './common.ts'
import { event, method } from './method.ts'

/** One check of a connection, as a probe saw it. */
const check = z.object({
  name: z.string(),
  ok: z.boolean(),
  level: z.enum(['info', 'warn', 'stop']),
  detail: z.string(),
})
export type ServerCheck = z.infer<typeof check>

/** What came of the last test of a server on this machine; null before the first. */
const lastTest = z.object({
  at: utc,
  /** Whole ms. */
  took: z.int().nonnegative(),
  checks: z.array(check),
  failure: failure.nullable(),
})
export type ServerTest = z.infer<typeof lastTest>

const serverInfo = z.object({
  record: serverRecord,
  /** Whether the vault holds secrets for it; null while it is locked. */
  hasSecrets: z.boolean().nullable(),
  /** The last characters of an access key's id, at most 4, to tell keys apart. Never part of a secret. */
  keyHint: z.string().max(4).nullable(),
  lastTest: lastTest.nullable(),
  /** Names of the plans that store there. */
  plans: z.array(z.string()),
})
export type ServerInfo = z.infer<typeof serverInfo>

/** Secrets of any type; checked against the type when they are saved. They go in, no call returns them. */
const secrets = z.record(z.string(), z.string())

export const serverContract = {
  'server.list': method(
    nothing,
    z.object({
      servers: z.array(serverInfo),
      unreadable: z.array(z.object({ name: z.string(), detail: z.string() })),
    }),
  ),
  /**
   * Adds it, or replaces the one of that name when `replaces` names it. `secrets: null` keeps those there are, unless
   * `forgetSecrets` takes them out of the vault: for a profile or an agent that signs in without one.
   */
  'server.save': method(
    z.object({
      record: z.record(z.string(), z.unknown()),
      secrets: secrets.nullable(),
      forgetSecrets: z.boolean().default(false),
      /** The name it had; null for a new one. Renaming is refused while plans use it. */
      replaces: serverName.nullable(),
    }),
    serverInfo,
  ),
  /** Refused with `run.conflict` while plans use it. Nothing on the server itself is touched. */
  'server.remove': method(z.object({ name: serverName }), nothing),
  /** Tries a saved server out; takes seconds, cancel by the call's signal. The result is stored with the server. */
  'server.test': method(z.object({ name: serverName }), lastTest),
  /**
   * Tries out settings that are not saved yet. An unknown host key fails with `trust.host-key-unknown`, whose detail
   * holds the fingerprint: pinned in the record (`hostKey`), the next try goes through.
   */
  'server.try': method(
    z.object({
      record: z.record(z.string(), z.unknown()),
      secrets: secrets.nullable(),
      forgetSecrets: z.boolean().default(false),
      replaces: serverName.nullable(),
    }),
    lastTest,
  ),
  'server.changed': event(nothing),
}
