import '../ui/base/fonts.css'
import '../ui/base/tokens.css'
import '../ui/base/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { LiveRegion, TooltipRoom } from '../ui/index.ts'
import { AppProvider } from './app-context.tsx'
import { bridgeLink } from './bridge-link.ts'
import { desktop } from './desktop.ts'
import { AppFrame } from './frame/app-frame.tsx'
import { connect, type Link } from './rpc.ts'
import { type Entered, enterWithToken, holdsToken } from './session.ts'
import { socketLink } from './socket-link.ts'
import { createStores } from './stores/index.ts'
import { applyTheme } from './theme.ts'

const keptAs = 'drydock.rates'
const now = () => Date.now()

function browserLink(): Link {
  const { protocol, host } = location
  return socketLink({
    url: `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/rpc`,
    open: url => new WebSocket(url),
    alive: async () => (await fetch('./rpc', { cache: 'no-store' })).status > 0,
    now,
  })
}

function start(entered: Entered): void {
  const root = document.getElementById('root')
  if (!root) return
  applyTheme(null, document.documentElement, localStorage)
  const link = desktop ? bridgeLink(desktop) : browserLink()
  const { call, on } = connect(link)
  const stores = createStores({ call, on, link, now, kept: sessionStorage.getItem(keptAs) })
  stores.settings.subscribe(({ value }) => {
    if (value) applyTheme(value.theme, document.documentElement, localStorage)
  })
  addEventListener('pagehide', () => sessionStorage.setItem(keptAs, stores.runs.keepsake()))
  stores.start()
  createRoot(root).render(
    <StrictMode>
      <AppProvider app={{ call, on, stores }}>
        <TooltipRoom>
          <LiveRegion>
            <AppFrame tokenRefused={entered === 'refused'} />
          </LiveRegion>
        </TooltipRoom>
      </AppProvider>
    </StrictMode>,
  )
}

// The cookie has to be there before the socket is opened.
if (desktop) start('none')
else {
  void enterWithToken(location, history).then(start)
  // The address of a new start, opened in this tab: only the part after # differs, so the browser loads nothing.
  addEventListener('hashchange', () => {
    if (holdsToken(location.hash)) location.reload()
  })
}
