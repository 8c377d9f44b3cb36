import type { JuniorPicture } from '@/core/wire'

/** A drawing of the server's library, shown as a picture and never as a part of the page. */
export function Picture({ picture, className }: { picture: JuniorPicture; className?: string }) {
  return <img className={className} src={addressOf(picture.svg)} alt={picture.alt} draggable={false} />
}

export function addressOf(svg: string): string {
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
