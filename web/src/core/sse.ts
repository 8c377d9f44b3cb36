/**
 * Server-sent events out of bytes, however the network cut them.
 *
 * * An event counts once its blank line arrived; what a broken connection leaves of one is dropped.
 * * The id of an event stays for those after it that name none.
 *
 * Source: HTML standard, section 9.2.6, "Interpreting an event stream".
 */

export interface ServerSentEvent {
  readonly id: string
  readonly data: string
}

export class EventStreamParser {
  // Takes a byte order mark at the beginning away, and keeps half of a character for the next bytes.
  private readonly decoder = new TextDecoder()
  private rest = ''
  private endedWithReturn = false
  private id = ''
  private data: string[] = []

  /** Takes bytes and returns the events that they complete. */
  push(bytes: Uint8Array): ServerSentEvent[] {
    let text = this.decoder.decode(bytes, { stream: true })
    if (text === '') return []
    // The line feed of a CR LF that was cut in two belongs to the line before.
    if (this.endedWithReturn && text.startsWith('\n')) text = text.slice(1)
    this.endedWithReturn = text.endsWith('\r') || (text === '' && this.endedWithReturn)
    const lines = (this.rest + text).split(/\r\n|\n|\r/)
    this.rest = lines.pop() ?? ''
    return lines.flatMap((line) => this.takeLine(line))
  }

  private takeLine(line: string): ServerSentEvent[] {
    if (line === '') return this.dispatch()
    const colon = line.indexOf(':')
    if (colon === 0) return []
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1))
    if (field === 'data') this.data.push(value)
    if (field === 'id' && !value.includes('\0')) this.id = value
    return []
  }

  private dispatch(): ServerSentEvent[] {
    if (this.data.length === 0) return []
    const event = { id: this.id, data: this.data.join('\n') }
    this.data = []
    return [event]
  }
}
