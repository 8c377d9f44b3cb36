import styles from './AnimalFace.module.css'
import { type Animal, type Colour, FACES, GROUNDS } from './animals'

/** A child's animal on its colour; beside it stands its name, so it says nothing itself. */
export function AnimalFace({
  animal,
  colour,
  size,
}: {
  animal: Animal
  /** Null: no ground behind it. */
  colour: Colour | null
  /** Of its side, in rem; left out: as large as there is room. */
  size?: number
}) {
  return (
    <svg
      className={styles['face']}
      viewBox="0 0 100 100"
      aria-hidden="true"
      {...(size === undefined ? {} : { style: { width: `${size}rem`, height: `${size}rem` } })}
    >
      {colour !== null && (
        <circle cx="50" cy="50" r="49" fill={GROUNDS[colour]} className={styles['ground']} />
      )}
      <g transform={colour === null ? '' : 'translate(50 51) scale(0.76) translate(-50 -50)'}>
        {FACES[animal].map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a drawing never changes
          <Shape key={index} line={line} />
        ))}
      </g>
    </svg>
  )
}

function Shape({ line }: { line: string }) {
  const [sign = '', ...values] = line.split(' ')
  const fill = values.pop() ?? ''
  switch (sign) {
    case 'c':
      return <circle cx={values[0]} cy={values[1]} r={values[2]} fill={fill} />
    case 'e':
      return <ellipse cx={values[0]} cy={values[1]} rx={values[2]} ry={values[3]} fill={fill} />
    case 's':
      return (
        <path
          d={values.slice(1).join(' ')}
          strokeWidth={values[0]}
          stroke={fill}
          fill="none"
          strokeLinecap="round"
        />
      )
    default:
      return <path d={values.join(' ')} fill={fill} />
  }
}
