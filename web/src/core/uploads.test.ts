import { afterEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from './api'
import { type sendFile, Uploads } from './uploads'
import type { Attachment } from './wire'

function file(name: string, text = 'x'): File {
  return new File([text], name)
}

function attachment(name: string): Attachment {
  return {
    id: `att-${name}`,
    name,
    media_type: 'text/plain',
    kind: 'text',
    size_bytes: 1,
    pages: 1,
    characters: 1,
    notice: null,
  }
}

function make(
  send: typeof sendFile = async (name) => attachment(name),
  whenSignedIn = async () => true,
): Uploads {
  return new Uploads({ send, whenSignedIn })
}

afterEach(() => vi.unstubAllGlobals())

describe('Uploads', () => {
  it('sends one file after the other and keeps what the server says of them', async () => {
    const order: string[] = []
    const uploads = make(async (name, _, onProgress) => {
      order.push(`begin ${name}`)
      onProgress(0.5)
      await Promise.resolve()
      order.push(`end ${name}`)
      return attachment(name)
    })
    expect(uploads.add([file('a'), file('b')])).toBe(0)
    expect(uploads.isSending).toBe(true)
    await vi.waitFor(() => expect(uploads.ready.map(({ id }) => id)).toEqual(['att-a', 'att-b']))
    expect(order).toEqual(['begin a', 'end a', 'begin b', 'end b'])
    expect(uploads.isSending).toBe(false)
  })

  it('takes eight files and says how many had no room', () => {
    const uploads = make()
    expect(uploads.add(Array.from({ length: 11 }, (_, index) => file(`f${index}`)))).toBe(3)
    expect(uploads.all).toHaveLength(8)
  })

  it('keeps a file that was refused, with the reason, until it is tried again or taken off', async () => {
    const send = vi.fn<typeof sendFile>()
    send.mockRejectedValueOnce(new ApiError(413, 'attachment/quota', 'full'))
    send.mockImplementation(async (name) => attachment(name))
    const uploads = make(send)
    uploads.add([file('a')])
    await vi.waitFor(() => expect(uploads.all[0]?.error?.code).toBe('attachment/quota'))
    expect(uploads.isSending).toBe(false)
    uploads.again(uploads.all[0]?.key ?? '')
    await vi.waitFor(() => expect(uploads.ready).toHaveLength(1))
  })

  it('goes on when the person has signed in again', async () => {
    const send = vi.fn<typeof sendFile>()
    send.mockRejectedValueOnce(new ApiError(401, 'access/none', 'no credential'))
    send.mockImplementation(async (name) => attachment(name))
    const uploads = make(send)
    uploads.add([file('a')])
    await vi.waitFor(() => expect(uploads.ready).toHaveLength(1))
  })

  it('calls off a file that is taken off on its way, and removes one that the server has', async () => {
    const fetch = vi.fn(async () => new Response('{}'))
    vi.stubGlobal('fetch', fetch)
    const aborted = vi.fn()
    const uploads = make(
      (name, _, __, signal) =>
        new Promise((resolve, reject) => {
          if (name === 'b') return resolve(attachment(name))
          signal.addEventListener('abort', () => {
            aborted()
            reject(signal.reason)
          })
        }),
    )
    uploads.add([file('a'), file('b')])
    await vi.waitFor(() => expect(uploads.all[0]?.progress).toBe(0))
    uploads.remove(uploads.all[0]?.key ?? '')
    expect(aborted).toHaveBeenCalledTimes(1)
    await vi.waitFor(() => expect(uploads.ready).toHaveLength(1))
    uploads.remove(uploads.all[0]?.key ?? '')
    expect(uploads.all).toEqual([])
    expect(fetch).toHaveBeenCalledWith('/v1/attachments/att-b', expect.objectContaining({ method: 'DELETE' }))
  })

  it('takes in files of a draft once, and forgets all when a message holds them', () => {
    const fetch = vi.fn()
    vi.stubGlobal('fetch', fetch)
    const uploads = make()
    uploads.adopt([attachment('a'), attachment('a')])
    expect(uploads.ready.map(({ id }) => id)).toEqual(['att-a'])
    uploads.clear()
    expect(uploads.all).toEqual([])
    expect(fetch).not.toHaveBeenCalled()
  })
})
