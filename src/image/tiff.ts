/** Pixels as an uncompressed TIFF in memory: what sharp reads like any other picture, its colour profile included. */

export type Pixels = { data: Uint8Array | Uint8ClampedArray; width: number; height: number; channels: 3 | 4 };

const ROWS_PER_STRIP = 64;
/** TIFF 6.0, section 2: the sizes of the field types that are used. */
const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;
const SIZES: Readonly<Record<number, number>> = { [SHORT]: 2, [LONG]: 4, [UNDEFINED]: 1 };

type Field = [tag: number, type: number, values: readonly number[] | Uint8Array];

/** @param profile an ICC profile that the pixels are in; sRGB without one */
export function toTiff(
  { data, width, height, channels }: Pixels,
  profile?: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const rowBytes = width * channels;
  const strips = Math.ceil(height / ROWS_PER_STRIP);
  const rowsOf = (strip: number) => Math.min(ROWS_PER_STRIP, height - strip * ROWS_PER_STRIP);
  const counts = Array.from({ length: strips }, (_, strip) => rowsOf(strip) * rowBytes);
  const fields = (pixelsAt: number): Field[] => [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, Array<number>(channels).fill(8)],
    [259, SHORT, [1]],
    [262, SHORT, [2]],
    [273, LONG, counts.map((_, strip) => pixelsAt + strip * ROWS_PER_STRIP * rowBytes)],
    [277, SHORT, [channels]],
    [278, LONG, [ROWS_PER_STRIP]],
    [279, LONG, counts],
    [284, SHORT, [1]],
    ...(channels === 4 ? ([[338, SHORT, [2]]] satisfies Field[]) : []),
    ...(profile === undefined ? [] : ([[34_675, UNDEFINED, profile]] satisfies Field[])),
  ];
  const bytesOf = ([, type, values]: Field) => values.length * (SIZES[type] ?? 1);
  const entries = fields(0);
  const directory = 8 + 2 + entries.length * 12 + 4;
  const outside = entries.map(bytesOf).filter((bytes) => bytes > 4);
  // Fields begin at even addresses.
  const pixelsAt = directory + outside.reduce((sum, bytes) => sum + bytes + (bytes % 2), 0);

  const file = new Uint8Array(pixelsAt + data.length);
  const view = new DataView(file.buffer);
  file.set([0x49, 0x49, 42, 0, 8, 0, 0, 0]);
  view.setUint16(8, entries.length, true);
  let free = directory;
  for (const [index, field] of fields(pixelsAt).entries()) {
    const [tag, type, values] = field;
    const at = 10 + index * 12;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, values.length, true);
    const bytes = bytesOf(field);
    let target = at + 8;
    if (bytes > 4) {
      view.setUint32(target, free, true);
      target = free;
      free += bytes + (bytes % 2);
    }
    if (values instanceof Uint8Array) file.set(values, target);
    else {
      for (const [nth, value] of values.entries()) {
        if (type === SHORT) view.setUint16(target + nth * 2, value, true);
        else view.setUint32(target + nth * 4, value, true);
      }
    }
  }
  file.set(data, pixelsAt);
  return file;
}
