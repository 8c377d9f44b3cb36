/** People's text inside a sentence of ours: its direction stays its own (Unicode's first strong isolate). */
export function isolated(text: string): string {
  return `\u2068${text}\u2069`
}
