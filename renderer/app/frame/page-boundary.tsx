import { Component, type ReactNode } from 'react'
import { Button, PageBody, PageHeader, Trouble } from '../../ui/index.ts'

type Props = { children: ReactNode }

/** Keeps the mistake of one page from taking the others, and the status bar, with it. */
export class PageBoundary extends Component<Props, { error: string | null }> {
  override state: { error: string | null } = { error: null }

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error.message : String(error) }
  }

  override render() {
    const { error } = this.state
    if (error === null) return this.props.children
    return (
      <>
        <PageHeader title="This page failed" lead="The other pages, and every run, go on." />
        <PageBody>
          <Trouble
            failure={{ code: 'internal', during: 'page', detail: error, retry: 'never' }}
            todo="Open the page again. If it fails once more, copy this for support; everything can be done with the command line too."
            actions={<Button onClick={() => this.setState({ error: null })}>Open the page again</Button>}
          />
        </PageBody>
      </>
    )
  }
}
