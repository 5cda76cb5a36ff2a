/** A point of a picture, and how wide its label is. */
export interface LabelledPoint {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A point with its label's place. */
export interface PlacedLabel<Point> {
  readonly point: Point;
  readonly box: Box;
  /** Where a line from the point to its label ends; null where the label stands beside the point. */
  readonly leader: { readonly x: number; readonly y: number } | null;
}

interface Room extends Box {
  readonly lineHeight: number;
  /** Half the size of what is drawn at a point. */
  readonly mark: number;
}

/** Between a mark and its label. */
const GAP = 4;
/** Rings of places around a point, each a line further out. */
const RINGS = 12;

/**
 * A place for each label where it covers neither another label nor a point: beside its point where it
 * can be, else further out, with a line to it. Crowded ones that find no place stand to the right.
 */
export function placeLabels<Point extends LabelledPoint>(
  points: readonly Point[],
  room: Room,
): PlacedLabel<Point>[] {
  const marks = points.map(({ x, y }) => around(x, y, room.mark));
  const taken: Box[] = [];
  return points.map((point, i) => {
    const others = marks.filter((_, j) => j !== i);
    const isFree = ({ box }: Place) => {
      return isWithin(box, room) && ![...taken, ...others].some((other) => overlap(box, other));
    };
    // A line through another point would give it the label.
    const isClear = ({ leader }: Place) => {
      return leader === null || !others.some((other) => crosses(point, leader, other));
    };
    const places = placesFor(point, room);
    const free = places.filter(isFree);
    const { box, leader } = free.find(isClear) ?? free[0] ?? places[0]!;
    taken.push(box);
    return { point, box, leader };
  });
}

type Place = Omit<PlacedLabel<never>, "point">;

/** Beside the point, at its height or half a line off; above, below; then further out. */
function placesFor({ x, y, width }: LabelledPoint, { lineHeight, mark }: Room): Place[] {
  const places: Place[] = [];
  for (let ring = 0; ring < RINGS; ring++) {
    const distance = mark + GAP + ring * lineHeight;
    for (const [across, down] of ring === 0 ? nearby : around8) {
      const middle = x + across * (distance + width / 2);
      // What stands beside the point may be half a line off.
      const reach = ring === 0 && across !== 0 ? 0 : distance;
      const centre = y + down * (reach + lineHeight / 2);
      const box = {
        left: middle - width / 2,
        top: centre - lineHeight / 2,
        right: middle + width / 2,
        bottom: centre + lineHeight / 2,
      };
      const end = { x: middle - (across * width) / 2, y: centre - (down * lineHeight) / 2 };
      places.push({ box, leader: ring === 0 ? null : end });
    }
  }
  return places;
}

/** Across and down. */
type Direction = readonly [number, number];

const around8: readonly Direction[] = [
  [1, 0],
  [-1, 0],
  [1, -1],
  [1, 1],
  [-1, -1],
  [-1, 1],
  [0, -1],
  [0, 1],
];
/** Straight above and below before half a line off. */
const nearby: readonly Direction[] = [
  [1, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
  [1, -1],
  [1, 1],
  [-1, -1],
  [-1, 1],
];

/** Whether the line between two points meets a box, to a twentieth of its length. */
function crosses(from: { x: number; y: number }, to: { x: number; y: number }, box: Box): boolean {
  return Array.from({ length: 21 }, (_, i) => i / 20).some((share) => {
    const [x, y] = [from.x + share * (to.x - from.x), from.y + share * (to.y - from.y)];
    return x > box.left && x < box.right && y > box.top && y < box.bottom;
  });
}

function around(x: number, y: number, half: number): Box {
  return { left: x - half, top: y - half, right: x + half, bottom: y + half };
}

function isWithin(inner: Box, outer: Box): boolean {
  const isAcross = inner.left >= outer.left && inner.right <= outer.right;
  return isAcross && inner.top >= outer.top && inner.bottom <= outer.bottom;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
