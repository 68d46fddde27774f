import { expect, test } from 'vitest';
import { PRESETS } from '../backup/presets.ts';
import { bringBack } from './by-hand.ts';

test.each(PRESETS.map((preset) => [preset.name, preset] as const))(
  'the steps by hand bring %s back, onto data with a stale journal',
  async (_name, preset) => {
    expect(await bringBack(preset)).toBe('as it was');
  },
);
