/**
 * Writing for pictures, as strokes: a bare server has no font, and without one an SVG's text is drawn as nothing.
 * Latin letters, digits and what stands between them; anything else is drawn as a question mark.
 */

/**
 * Each glyph's strokes, and each stroke's points as two digits, across and down. Capitals stand from 0 to 6, small letters
 * from 2 to 6, what hangs below reaches 8. A stroke of one point is a dot.
 */
const GLYPHS: Readonly<Record<string, string>> = {
  '0': '103041453616050110',
  '1': '112026 1636',
  '2': '01103041420646',
  '3': '0110304142334445361605 2333',
  '4': '36300444',
  '5': '40000312324345361605',
  '6': '413010010516364544331304',
  '7': '004016',
  '8': '103041423313020110 1304051636454433',
  '9': '051636454130100102133342',
  A: '062046 1434',
  B: '06003041423303 3344453606',
  C: '4130100105163645',
  D: '00204244260600',
  E: '40000646 0333',
  F: '400006 0333',
  G: '41301001051636454323',
  H: '0006 4046 0343',
  I: '0006',
  J: '3035261605',
  K: '0006 4004 1346',
  L: '000646',
  M: '0600234046',
  N: '06004640',
  O: '104051554616050110',
  P: '06003041423303',
  Q: '104051554616050110 3456',
  R: '06003041423303 2346',
  S: '413010010213334445361605',
  T: '0040 2026',
  U: '000516364540',
  V: '002640',
  W: '0016325660',
  X: '0046 4006',
  Y: '002340 2326',
  Z: '00400646',
  a: '32120305162635 3236',
  b: '0006 0312223335261605',
  c: '3322120305162635',
  d: '3036 3322120305162635',
  e: '04343322120305162635',
  f: '201116 0222',
  g: '3322120305162635 3237281807',
  h: '0006 0312223336',
  i: '0206 00',
  j: '121708 10',
  k: '0006 3205 1436',
  l: '000516',
  m: '0206 03122326 23324346',
  n: '0206 0312223336',
  o: '122233352616050312',
  p: '0208 0312223335261605',
  q: '3238 3322120305162635',
  r: '0206 031222',
  s: '3212031424352606',
  t: '101526 0222',
  u: '0205162635 3236',
  v: '022642',
  w: '0216233642',
  x: '0236 3206',
  y: '0226 4218',
  z: '02320636',
  '.': '06',
  ',': '0607',
  ':': '03 06',
  '-': '0434',
  '+': '2226 0444',
  '/': '4006',
  '%': '4006 0010110100 3545463635',
  _: '0646',
  '(': '10010516',
  ')': '00111506',
  '?': '01103041422324 26',
};

/** Units of the grid. */
const CAPITAL = 6;
const BLANK = 1.4;
const SPACING = 1.7;

type Glyph = { strokes: readonly (readonly [number, number])[][]; width: number };

export type Writing = {
  /** Of an SVG path, to be stroked with round caps. */
  path: string;
  /** Pixels. */
  width: number;
};

/** @param size pixels of a capital's height. @param at left end of the baseline */
export function write(
  text: string,
  { size, at: [x, y] }: { size: number; at: readonly [number, number] },
): Writing {
  const unit = size / CAPITAL;
  const placed = (across: number, down: number, from: number) =>
    `${round(from + across * unit)} ${round(y + (down - CAPITAL) * unit)}`;
  let from = x;
  let end = x;
  const paths: string[] = [];
  // An accent is dropped rather than the letter.
  for (const sign of text.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('−', '-')) {
    const { strokes, width } = glyphOf(sign);
    for (const stroke of strokes) {
      const [first = [0, 0], ...rest] = stroke;
      const moves = rest.length === 0 ? [first] : rest;
      paths.push(`M${placed(...first, from)}${moves.map((point) => `L${placed(...point, from)}`).join('')}`);
    }
    end = from + width * unit;
    from = end + SPACING * unit;
  }
  return { path: paths.join(''), width: end - x };
}

function glyphOf(sign: string): Glyph {
  if (/\s/u.test(sign)) return { strokes: [], width: BLANK };
  const strokes = (GLYPHS[sign] ?? GLYPHS['?'] ?? '')
    .split(' ')
    .map((stroke) =>
      Array.from({ length: stroke.length / 2 }, (_, index): [number, number] => [
        Number(stroke[index * 2]),
        Number(stroke[index * 2 + 1]),
      ]),
    );
  return { strokes, width: Math.max(...strokes.flat().map(([across]) => across)) };
}

const round = (value: number): number => Math.round(value * 10) / 10;
