import { useState } from 'react'
import { ClaimScope } from '../claims/ClaimScope'
import { ClaimSummary, UnsupportedClaims } from '../claims/ClaimSummary'
import { AnswerText, type AnswerTextProps } from './AnswerText'

/** The text of an answer with its verdicts, or only the sentences that no source supports. */
export function CheckedText(props: AnswerTextProps) {
  const [isFiltered, setFiltered] = useState(false)
  return (
    <ClaimScope>
      {isFiltered ? <UnsupportedClaims claims={props.claims} /> : <AnswerText {...props} />}
      <ClaimSummary claims={props.claims} isFiltered={isFiltered} onFilter={setFiltered} />
    </ClaimScope>
  )
}
