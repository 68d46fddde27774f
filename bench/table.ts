/** Rows as a table of aligned columns, and their notes below it. */
import type { Row, Unit } from './row.ts';

const HEAD = ['', 'ours', 'beside', 'ratio', 'aim', 'met', 'middle half', 'rounds'];

export function tableOf(rows: readonly Row[]): string {
  const lines = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length)));
  const align = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  const notes = rows.flatMap(({ name, note }) => (note === undefined ? [] : [`${name}: ${note}`]));
  return [
    ...lines.map((cells) => cells.map(align).join('  ')),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ].join('\n');
}

const cellsOf = ({ name, unit, ours, reference, ratio, aim, aimOf, met, spread, rounds }: Row): string[] => [
  name,
  amount(ours, unit),
  reference === undefined ? '' : amount(reference, unit),
  ratio === undefined ? '' : ratio.toFixed(2),
  aim === undefined ? '' : `≤ ${aimOf === 'ours' ? amount(aim, unit) : aim.toFixed(1)}`,
  met === undefined ? '' : met ? 'yes' : 'no',
  rounds === 1
    ? ''
    : spread.map((value) => (ratio === undefined ? amount(value, unit) : value.toFixed(2))).join(' – '),
  String(rounds),
];

const amount = (value: number, unit: Unit): string => `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
