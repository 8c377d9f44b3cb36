import { GrowingDocument } from '../markdown/document'

/** Parsed answers of messages that were on the screen lately: a list that scrolls shows them again. */
const MOST_KEPT = 200

const documents = new Map<string, GrowingDocument>()

/** The document of an entry of the list. */
export function documentOf(key: string): GrowingDocument {
  const found = documents.get(key) ?? new GrowingDocument()
  documents.delete(key)
  documents.set(key, found)
  const [oldest] = documents.keys()
  if (documents.size > MOST_KEPT && oldest !== undefined) documents.delete(oldest)
  return found
}
