import { useEffect } from 'react'

/** Paper is white: charts and marks are drawn for it while the page is printed. */
export function useWhitePaper(): void {
  useEffect(() => {
    const root = document.documentElement
    let before: string | undefined
    const light = () => {
      before = root.dataset['theme']
      root.dataset['theme'] = 'light'
    }
    const back = () => {
      if (before === undefined) delete root.dataset['theme']
      else root.dataset['theme'] = before
    }
    addEventListener('beforeprint', light)
    addEventListener('afterprint', back)
    return () => {
      removeEventListener('beforeprint', light)
      removeEventListener('afterprint', back)
    }
  }, [])
}
