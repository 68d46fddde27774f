import { duration } from './en-words.ts';

/** Titles in a picture, which is drawn with Latin letters alone: the same in all languages. */
export const chartTitles = {
  disks: 'Disk use',
  sizes: 'Backup size',
  took: 'Backup time',
  restarts: 'Restarts a day',
  pictures: 'Pictures a day',
} as const;

/** An amount of time, for the same reason in Latin letters. */
export const chartDuration = duration;
