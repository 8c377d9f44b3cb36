/**
 * Calls to this installation's own server: one place for credentials, errors and JSON.
 *
 * * Every failure is an `ApiError` with the server's permanent `code`, its `message` and its `hint`;
 *   a server that cannot be reached has the code `network/unreachable`.
 * * A 401 tells the listeners of `onSignedOut`, whatever call met it.
 */

export class ApiError extends Error {
  override readonly name = 'ApiError'

  /** HTTP status; 0 when no answer came. */
  readonly status: number
  readonly code: string
  readonly hint: string
  /** Seconds after which a retry makes sense. */
  readonly retryAfterS: number | null
  /** The part of the request that is wrong, `password` for instance; empty where none is named. */
  readonly param: string

  constructor(
    status: number,
    code: string,
    message: string,
    hint = '',
    retryAfterS: number | null = null,
    param = '',
  ) {
    super(message)
    this.status = status
    this.code = code
    this.hint = hint
    this.retryAfterS = retryAfterS
    this.param = param
  }
}

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is. */
  readonly body?: BodyInit
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | number | boolean | null | undefined>>
  readonly signal?: AbortSignal | undefined
  /** Goes on when the page is left; such a body has at most 64 KB. */
  readonly keepalive?: boolean
}

type Listener = () => void
const signedOutListeners = new Set<Listener>()

/** Calls `listener` whenever the server says that nobody is signed in; returns the way to stop it. */
export function onSignedOut(listener: Listener): () => void {
  signedOutListeners.add(listener)
  return () => signedOutListeners.delete(listener)
}

/** Tells the listeners of `onSignedOut`; for calls that `request` cannot make. */
export function tellSignedOut(): void {
  for (const listener of signedOutListeners) listener()
}

/** Sends a request and returns the response; anything but a 2xx becomes an `ApiError`. */
export async function request(path: string, options: RequestOptions = {}): Promise<Response> {
  const headers = new Headers(options.headers)
  let body = options.body ?? null
  if (options.json !== undefined) {
    headers.set('content-type', 'application/json')
    body = JSON.stringify(options.json)
  }
  headers.set('accept', headers.get('accept') ?? 'application/json')
  let response: Response
  try {
    response = await fetch(path + queryText(options.query), {
      method: options.method ?? 'GET',
      headers,
      body,
      credentials: 'same-origin',
      cache: 'no-store',
      keepalive: options.keepalive ?? false,
      signal: options.signal ?? null,
    })
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw unreachable()
  }
  if (response.ok) return response
  const failure = await readError(response)
  if (response.status === 401) tellSignedOut()
  throw failure
}

/** Sends a request and returns the JSON of the answer; `T` is one of the generated wire types. */
export async function requestJson<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await request(path, options)
  try {
    return (await response.json()) as T
  } catch (error) {
    // The connection may break between the head of an answer and its end.
    if (options.signal?.aborted || error instanceof SyntaxError) throw error
    throw unreachable()
  }
}

function unreachable(): ApiError {
  return new ApiError(0, 'network/unreachable', 'the server cannot be reached')
}

/** Reads an error body in OpenAI's shape; a body of another shape keeps the status alone. */
export async function readError(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  const retryAfterS = Number.isFinite(retryAfter) ? retryAfter : null
  try {
    const { error } = (await response.json()) as { error: Record<string, unknown> }
    return new ApiError(
      response.status,
      String(error['code'] ?? `http/${response.status}`),
      String(error['message'] ?? response.statusText),
      String(error['hint'] ?? ''),
      retryAfterS,
      String(error['param'] ?? ''),
    )
  } catch {
    return new ApiError(response.status, `http/${response.status}`, response.statusText, '', retryAfterS)
  }
}

function queryText(query: RequestOptions['query']): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== null && value !== undefined)
  if (pairs.length === 0) return ''
  return `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`
}
