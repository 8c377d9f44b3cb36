import { describe, expect, it, vi } from 'vitest'
import { type AdditionParts, Additions } from './additions'
import { ApiError } from './api'
import type { SourceFile } from './collections'
import { chosenFiles, droppedFiles } from './dropped'
import type { DocumentAdded } from './wire'

function file(name: string, text = 'x'): SourceFile {
  return { file: new File([text], name), source: `folder/${name}` }
}

function added(name: string): DocumentAdded {
  return {
    id: `doc-${name}`,
    name,
    source: name,
    label: '',
    kind: 'text',
    media_type: 'text/plain',
    digest: 'ab'.repeat(32),
    title: '',
    size_bytes: 1,
    characters: 1,
    pages: null,
    passages: 1,
    notices: [],
    created_ms: 0,
    fetched_ms: null,
    is_new: true,
    replaced: null,
  }
}

function make(parts: Partial<AdditionParts> = {}): Additions {
  return new Additions('coll', {
    sendFile: async (_, wanted) => added(wanted.file.name),
    addPage: async (_, url) => added(url),
    whenSignedIn: async () => true,
    wait: async () => {},
    ...parts,
  })
}

const stages = (additions: Additions) => additions.all.map(({ stage }) => stage)

describe('Additions', () => {
  it('sends one after the other, says how far each is, and keeps what the server says', async () => {
    const seen: string[] = []
    const additions: Additions = make({
      sendFile: async (_, wanted, __, onProgress) => {
        onProgress(0.5)
        seen.push(stages(additions).join())
        onProgress(1)
        seen.push(stages(additions).join())
        return added(wanted.file.name)
      },
    })
    additions.addFiles([file('a'), file('b')], 'self', 10)
    additions.addPage('https://pages.example/', '')
    await vi.waitFor(() => expect(stages(additions)).toEqual(['taken', 'taken', 'taken']))
    expect(seen).toEqual([
      'sending,waiting,waiting',
      'reading,waiting,waiting',
      'taken,sending,waiting',
      'taken,reading,waiting',
    ])
    expect(additions.all[2]?.document?.name).toBe('https://pages.example/')
    additions.clear()
    expect(additions.all).toEqual([])
  })

  it('keeps what was refused with the reason, and goes on with the others', async () => {
    const sendFile = vi.fn<AdditionParts['sendFile']>(async (_, wanted) => added(wanted.file.name))
    sendFile.mockRejectedValueOnce(new ApiError(400, 'document/encrypted', 'locked'))
    const additions = make({ sendFile })
    additions.addFiles([file('a'), file('b')], '', 10)
    await vi.waitFor(() => expect(stages(additions)).toEqual(['refused', 'taken']))
    expect(additions.all[0]?.error?.code).toBe('document/encrypted')
    additions.again(additions.all[0]?.key ?? '')
    await vi.waitFor(() => expect(stages(additions)).toEqual(['taken', 'taken']))
  })

  it('does not send what is larger than the server takes', async () => {
    const sendFile = vi.fn<AdditionParts['sendFile']>()
    const additions = make({ sendFile })
    additions.addFiles([file('a', 'too long')], '', 3)
    await vi.waitFor(() => expect(stages(additions)).toEqual(['refused']))
    expect(sendFile).not.toHaveBeenCalled()
  })

  it('comes back when the server says so, and when the person has signed in again', async () => {
    const sendFile = vi.fn<AdditionParts['sendFile']>(async (_, wanted) => added(wanted.file.name))
    sendFile.mockRejectedValueOnce(new ApiError(429, 'busy/rate', 'too fast', '', 7))
    sendFile.mockRejectedValueOnce(new ApiError(401, 'access/none', 'no session'))
    const wait = vi.fn(async () => {})
    const additions = make({ sendFile, wait })
    additions.addFiles([file('a')], '', 10)
    await vi.waitFor(() => expect(stages(additions)).toEqual(['taken']))
    expect(wait).toHaveBeenCalledWith(7)
  })

  it('calls off what is taken off its list on the way', async () => {
    const additions = make({
      sendFile: (_, wanted, __, ___, signal) =>
        new Promise((resolve, reject) => {
          if (wanted.file.name === 'b') resolve(added('b'))
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
    })
    additions.addFiles([file('a'), file('b')], '', 10)
    await vi.waitFor(() => expect(stages(additions)).toEqual(['sending', 'waiting']))
    additions.remove(additions.all[0]?.key ?? '')
    await vi.waitFor(() => expect(stages(additions)).toEqual(['taken']))
  })
})

function fileEntry(path: string): FileSystemEntry {
  const found = { isFile: true, isDirectory: false, fullPath: path } as FileSystemFileEntry
  found.file = (take) => take(new File(['x'], path.split('/').at(-1) ?? ''))
  return found
}

function folderEntry(...children: FileSystemEntry[]): FileSystemEntry {
  const parts = [children.slice(0, 1), children.slice(1), []]
  const reader = { readEntries: (take: (found: FileSystemEntry[]) => void) => take(parts.shift() ?? []) }
  return { isFile: false, isDirectory: true, createReader: () => reader } as unknown as FileSystemEntry
}

describe('files of a drop or a picker', () => {
  it('are found in folders, some at a time, with their paths and without hidden ones', async () => {
    const folder = folderEntry(
      fileEntry('/papers/one.md'),
      fileEntry('/papers/.DS_Store'),
      folderEntry(fileEntry('/papers/old/two.md')),
    )
    const data = { items: [{ webkitGetAsEntry: () => folder }], files: [] }
    const found = await droppedFiles(data as unknown as DataTransfer)
    expect(found.map(({ source }) => source)).toEqual(['papers/one.md', 'papers/old/two.md'])
  })

  it('keep the path that the picker of a folder tells', () => {
    const inFolder = Object.defineProperty(new File([''], 'a.md'), 'webkitRelativePath', {
      value: 'papers/a.md',
    })
    const found = chosenFiles([inFolder, new File([''], 'b.md'), new File([''], '.hidden')])
    expect(found.map(({ source }) => source)).toEqual(['papers/a.md', 'b.md'])
  })
})
