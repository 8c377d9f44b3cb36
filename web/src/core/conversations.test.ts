import { afterEach, describe, expect, it, vi } from 'vitest'
import { conversationPath, eraseConversation, exportConversation, fileName } from './conversations'

function answer(status: number, body: string, headers: Record<string, string> = {}): void {
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response(body, { status, headers })),
  )
}

afterEach(() => vi.unstubAllGlobals())

describe('fileName', () => {
  it('prefers the encoded form', () => {
    expect(fileName(`attachment; filename="a.md"; filename*=UTF-8''%E4%BD%A0%E5%A5%BD.md`)).toBe('你好.md')
    expect(fileName('attachment; filename="a b.json"')).toBe('a b.json')
    expect(fileName('attachment')).toBeNull()
  })
})

describe('eraseConversation', () => {
  it('takes one that is gone already as erased, and reports everything else', async () => {
    answer(404, '{"error": {"code": "request/unknown"}}')
    expect(await eraseConversation('a')).toBeNull()
    answer(409, '{"error": {"code": "request/conflict"}}')
    await expect(eraseConversation('a')).rejects.toMatchObject({ status: 409 })
  })
})

describe('exportConversation', () => {
  it('has a name where the server gives none', async () => {
    answer(200, '# Hello')
    expect((await exportConversation('a/b', 'markdown')).name).toBe('conversation.md')
    expect(fetch).toHaveBeenCalledWith('/v1/conversations/a%2Fb/export?format=markdown', expect.anything())
  })
})

describe('conversationPath', () => {
  it('points at a message where one is named', () => {
    expect(conversationPath('c1')).toBe('/c/c1')
    expect(conversationPath('c1', 'm 1')).toBe('/c/c1?message=m%201')
  })
})
