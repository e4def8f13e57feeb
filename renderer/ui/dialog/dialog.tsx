import * as Alert from '@radix-ui/react-alert-dialog'
import * as Radix from '@radix-ui/react-dialog'
import { type ReactNode, type RefObject, useRef } from 'react'
import { Button, type ButtonProps } from '../action/button.tsx'
import css from './dialog.module.css'

/** What the harmful or going-on button is: its words, its colour, what it does. */
export type DialogDeed = {
  text: string
  onPick: () => void
  kind?: 'primary' | 'danger' | 'plain'
} & Pick<ButtonProps, 'off' | 'busy'>

type Shared = {
  open: boolean
  /** The question. */
  title: ReactNode
  /** Consequences. */
  children: ReactNode
  /** At the left of the foot: a third way out. */
  aside?: ReactNode
  wide?: boolean
}

export type AlertDialogProps = Shared & {
  /** Must be said: Escape does what the harmless button does. */
  escape: 'harmless'
  /** The harmless button, which has the focus: `Keep running`. */
  keep: string
  onKeep: () => void
  deed: DialogDeed
}

/** A decision that blocks: the question, the consequences, the harmless button with the focus, and the deed by name. */
export function AlertDialog({ open, title, children, aside, keep, onKeep, deed, wide }: AlertDialogProps) {
  const first = useRef<HTMLButtonElement>(null)
  const comeBack = useComeBack(open)
  return (
    <Alert.Root open={open} onOpenChange={next => (next ? undefined : onKeep())}>
      <Alert.Portal>
        <Alert.Overlay className={css.scrim} />
        <Alert.Content
          className={css.dialog}
          data-wide={wide}
          onOpenAutoFocus={focusOn(first)}
          onCloseAutoFocus={comeBack}
        >
          <Alert.Title className={css.title}>{title}</Alert.Title>
          <Alert.Description asChild>
            <div className={css.body} data-scroll="">
              {children}
            </div>
          </Alert.Description>
          <div className={css.foot}>
            {aside !== undefined && <span className={css.aside}>{aside}</span>}
            <Button ref={first} onClick={onKeep}>
              {keep}
            </Button>
            <Button
              kind={deed.kind ?? 'danger'}
              onClick={deed.onPick}
              off={deed.off}
              busy={deed.busy ?? false}
            >
              {deed.text}
            </Button>
          </div>
        </Alert.Content>
      </Alert.Portal>
    </Alert.Root>
  )
}

export type DialogProps = Shared & {
  /** `closes`: Escape loses nothing. `asks`: something typed would be lost, so `onClose` has to ask first. */
  escape: 'closes' | 'asks'
  onClose: () => void
  /** The buttons. Without them there is one that closes. */
  foot?: ReactNode
  /** What has the focus on arrival; the first field without. */
  focus?: RefObject<HTMLElement | null>
}

/** Something to read or to fill in before going on. */
export function Dialog({ open, title, children, aside, onClose, foot, focus, wide }: DialogProps) {
  const comeBack = useComeBack(open)
  return (
    <Radix.Root open={open} onOpenChange={next => (next ? undefined : onClose())}>
      <Radix.Portal>
        <Radix.Overlay className={css.scrim} />
        <Radix.Content
          className={css.dialog}
          data-wide={wide}
          aria-describedby={undefined}
          {...(focus && { onOpenAutoFocus: focusOn(focus) })}
          onCloseAutoFocus={comeBack}
          onInteractOutside={event => event.preventDefault()}
        >
          <Radix.Title className={css.title}>{title}</Radix.Title>
          <div className={css.body} data-scroll="">
            {children}
          </div>
          <div className={css.foot}>
            {aside !== undefined && <span className={css.aside}>{aside}</span>}
            {foot ?? <Button onClick={onClose}>Close</Button>}
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

const focusOn = (target: RefObject<HTMLElement | null>) => (event: Event) => {
  if (!target.current) return
  event.preventDefault()
  target.current.focus()
}

/**
 * Our dialogs have no trigger of Radix's own, so it would leave the focus nowhere: it goes back to where it was, or to
 * the page's title when that is gone, as the item of a menu is.
 */
function useComeBack(open: boolean): (event: Event) => void {
  const before = useRef<Element | null>(null)
  const wasOpen = useRef(false)
  // Before Radix moves the focus, which it does once the dialog stands.
  if (open && !wasOpen.current) before.current = document.activeElement
  wasOpen.current = open
  return event => {
    event.preventDefault()
    const { current } = before
    const there = current instanceof HTMLElement && current.isConnected && current !== document.body
    const title = document.querySelector<HTMLElement>('[data-page-title]')
    if (there) current.focus()
    else title?.focus()
  }
}
