/** Figures as a picture for a phone: one panel a chart, the same days from left to right in all of them. */
import sharp from 'sharp';
import type { Chart, Line } from '../card.ts';
import { write } from './strokes.ts';

/** Pixels; a phone shows the width on some 390 of its own. */
const WIDTH = 780;
const MARGIN = 28;
const PLOT = 76;
const TITLE = 22;
const WORDS = 19;
const ROW = 36;
const GAP = 20;
const LEFT = MARGIN;
const RIGHT = WIDTH - MARGIN;

/** On a ground of its own, so that a light and a dark chat show the same. Told apart also by who sees few colours. */
const GROUND = '#17212b';
const INK = '#e9eef2';
const FAINT = '#8fa1b3';
const GRID = '#2f3e4d';
const COLOURS = ['#56b4e9', '#e69f00', '#2fc48d', '#f0e442', '#e58ac0'];

/** @returns a PNG */
export function drawTrends(charts: readonly Chart[]): Promise<Buffer> {
  return sharp(Buffer.from(trendsSvg(charts)))
    .png({ palette: true, colours: 64 })
    .toBuffer();
}

export function trendsSvg(charts: readonly Chart[]): string {
  let y = MARGIN;
  const drawn = charts.map((chart, index) => {
    const panel = drawPanel(chart, y, index === charts.length - 1);
    y = panel.bottom + GAP;
    return panel.svg;
  });
  const height = Math.round(y - GAP + MARGIN);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" fill="none" stroke-linecap="round" stroke-linejoin="round"><rect width="${WIDTH}" height="${height}" fill="${GROUND}"/>${drawn.join('')}</svg>`;
}

type Panel = { svg: string; bottom: number };

/** @param isLast the days stand below it, for all of them */
function drawPanel(chart: Chart, top: number, isLast: boolean): Panel {
  const titled = top + TITLE;
  const head = text(chart.title, { at: [LEFT, titled], size: TITLE, colour: INK, weight: 3 });
  const names = chart.kind === 'lines' ? legend(chart.lines, titled + ROW) : { svg: '', bottom: titled };
  const ceiling = names.bottom + ROW / 2;
  const floor = ceiling + PLOT;
  const scale = chart.kind === 'lines' ? chart.top : String(Math.max(...chart.counts));
  const plot =
    chart.kind === 'lines'
      ? drawLines(chart, { ceiling, floor })
      : drawBars(chart.counts, { ceiling, floor });
  const days = floor + WORDS + 14;
  const label = { size: WORDS - 3, colour: FAINT };
  return {
    svg: [
      head,
      textTo(scale, { at: [RIGHT, titled], size: WORDS, colour: FAINT }),
      names.svg,
      ...[ceiling, (ceiling + floor) / 2, floor].map(grid),
      plot,
      ...(isLast
        ? [
            text(chart.first, { at: [LEFT, days], ...label }),
            textTo(chart.last, { at: [RIGHT, days], ...label }),
          ]
        : []),
    ].join(''),
    bottom: isLast ? days : floor,
  };
}

const grid = (y: number): string => `<path d="M${LEFT} ${y}H${RIGHT}" stroke="${GRID}" stroke-width="2"/>`;

type Plot = { ceiling: number; floor: number };

function drawLines(
  { lines, scale, from, to }: Extract<Chart, { kind: 'lines' }>,
  { ceiling, floor }: Plot,
): string {
  const across = (at: number) => LEFT + ((at - from) / (to - from)) * (RIGHT - LEFT);
  const down = (value: number) => floor - Math.min(1, value / scale) * (floor - ceiling);
  return lines
    .map(({ points }, index) => {
      const colour = colourOf(index);
      const spots = points.map(({ at, value }) => [across(at).toFixed(1), down(value).toFixed(1)] as const);
      const [x, y] = spots.at(-1) ?? [LEFT, floor];
      const path = spots.map((spot, n) => `${n === 0 ? 'M' : 'L'}${spot.join(' ')}`).join('');
      return `<path d="${path}" stroke="${colour}" stroke-width="4"/><circle cx="${x}" cy="${y}" r="6" fill="${colour}"/>`;
    })
    .join('');
}

function drawBars(counts: readonly number[], { ceiling, floor }: Plot): string {
  const most = Math.max(1, ...counts);
  const step = (RIGHT - LEFT) / Math.max(1, counts.length);
  const wide = Math.max(2, step - 6);
  return counts
    .map((count, index) => {
      if (count === 0) return '';
      const high = Math.max(4, (count / most) * (floor - ceiling));
      return `<rect x="${(LEFT + index * step + 3).toFixed(1)}" y="${(floor - high).toFixed(1)}" width="${wide.toFixed(1)}" height="${high.toFixed(1)}" rx="3" fill="${colourOf(0)}"/>`;
    })
    .join('');
}

/** Each line's name and newest value in its colour, as many in a row as there is room for. */
function legend(lines: readonly Line[], first: number): Panel {
  let x = LEFT;
  let y = first;
  const names = lines.map(({ name, newest }, index) => {
    const said = `${name} ${newest}`;
    const { width } = write(said, { size: WORDS, at: [0, 0] });
    if (x > LEFT && x + width > RIGHT) {
      x = LEFT;
      y += ROW;
    }
    const drawn = text(said, { at: [x, y], size: WORDS, colour: colourOf(index) });
    x += width + 2 * WORDS;
    return drawn;
  });
  return { svg: names.join(''), bottom: y };
}

const colourOf = (index: number): string => COLOURS[index % COLOURS.length] ?? INK;

type Style = { at: readonly [number, number]; size: number; colour: string; weight?: number };

const text = (said: string, { at, size, colour, weight = 2.6 }: Style): string =>
  `<path d="${write(said, { size, at }).path}" stroke="${colour}" stroke-width="${weight}"/>`;

/** Ends there. */
function textTo(said: string, style: Style): string {
  const { width } = write(said, style);
  return text(said, { ...style, at: [style.at[0] - width, style.at[1]] });
}
