import { join } from 'node:path'
import { expect } from 'vitest'
import { journeys } from '../support/console-journey.ts'
import { checkAndAdd, go, typeServer } from '../support/console-servers.ts'
import { makeSource } from '../support/console-state.ts'
import {
  confirmRestore,
  differences,
  makePlan,
  prepareRestore,
  runEnds,
  runNow,
} from '../support/console-steps.ts'
import { desktopAvailable } from '../support/open-desktop.ts'

// The journeys of `console/` walk the same pages in a browser. This one walks the main job through the shell: its
// preload, its own scheme, its policies and the engine in its main process. On the machine where it was written there
// is no Electron binary, so it has never been seen to run there: whoever runs it first should expect to mend it.
journeys(
  'the main job in the desktop window',
  desktopAvailable(),
  journey => {
    journey('goes from nothing to a restored backup on a local disk', async desk => {
      const { page } = desk
      expect(page.url()).toMatch(/^app:\/\/drydock\//)
      const source = await makeSource(desk)

      await go(page, 'Servers')
      await typeServer(page, {
        name: 'disk',
        kind: 'Local or removable disk',
        choose: [],
        fields: { Folder: desk.drydock.path('server-disk') },
        more: {},
      })
      await checkAndAdd(page, 'disk')
      await makePlan(page, { name: 'docs', system: 'Documents', path: source, servers: ['disk'] })
      expect(await runEnds(page, await runNow(page))).toBe('Done')

      const into = desk.drydock.path('restored here')
      const { verdict, word } = await prepareRestore(page, { into })
      expect(verdict).toMatch(/^GO/)
      const restore = await confirmRestore(page, word)
      expect(await runEnds(page, restore)).toBe('Restored')
      expect(await differences(source, join(into, 'documents'))).toBe('')
    })
  },
  'desktop',
)
