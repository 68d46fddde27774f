/** Buttons in rows. Two beside one another leave names readable on a phone. */
export const inRows = <Button>(buttons: readonly Button[], wide = 2): Button[][] =>
  Array.from({ length: Math.ceil(buttons.length / wide) }, (_, row) =>
    buttons.slice(row * wide, (row + 1) * wide),
  );
