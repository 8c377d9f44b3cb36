import { ApiError, readError, tellSignedOut } from './api'

/**
 * Sends a file as the body of a POST and returns the JSON of the answer; `T` is one of the generated wire types.
 * `fetch` does not say how much has left, so this is an `XMLHttpRequest`.
 */
export function sendBytes<T>(
  path: string,
  file: Blob,
  onProgress: (part: number) => void,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest()
    call.open('POST', path)
    call.setRequestHeader('content-type', file.type || 'application/octet-stream')
    call.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total)
    })
    call.addEventListener('load', () => {
      if (call.status >= 200 && call.status < 300) return resolve(JSON.parse(call.responseText) as T)
      if (call.status === 401) tellSignedOut()
      const retryAfter = call.getResponseHeader('retry-after')
      const headers: Record<string, string> = retryAfter === null ? {} : { 'retry-after': retryAfter }
      readError(new Response(call.responseText, { status: call.status, headers })).then(reject, reject)
    })
    call.addEventListener('error', () => {
      reject(new ApiError(0, 'network/unreachable', 'the server cannot be reached'))
    })
    call.addEventListener('abort', () => reject(signal.reason))
    signal.addEventListener('abort', () => call.abort())
    call.send(file)
  })
}
