/** A quiet landscape behind a screen of few words: by day with a sun, at bedtime with moon and stars. */
export function Hills() {
  return (
    <svg className="hills" viewBox="0 0 1200 800" preserveAspectRatio="xMidYMax slice" aria-hidden="true">
      <g className="sky-day">
        <circle cx="960" cy="180" r="70" className="sun" />
        <path d="M180 190q-40 0-40-32t44-30q12-40 58-36t48 40q40-2 40 28t-38 30z" className="cloud" />
        <path d="M620 110q-30 0-30-24t33-22q9-30 43-27t36 30q30-1 30 21t-28 22z" className="cloud" />
      </g>
      <g className="sky-night">
        <path d="M990 90a90 90 0 1 0 60 150a74 74 0 0 1-60-150z" className="moon" />
        {STARS.map(([x, y, r]) => (
          <circle key={`${x}`} cx={x} cy={y} r={r} className="star" />
        ))}
      </g>
      <path d="M0 560Q260 420 560 540T1200 470V800H0Z" className="hill-far" />
      <path d="M0 650Q320 540 700 650T1200 600V800H0Z" className="hill-mid" />
      <path d="M0 740Q400 660 800 730T1200 710V800H0Z" className="hill-near" />
    </svg>
  )
}

const STARS: readonly (readonly [number, number, number])[] = [
  [120, 120, 5],
  [250, 240, 3],
  [370, 90, 4],
  [520, 200, 3],
  [640, 110, 5],
  [760, 260, 3],
  [850, 80, 4],
  [1110, 330, 4],
  [60, 330, 3],
]
