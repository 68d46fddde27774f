/** What keeps the pictures from those who are to see them: said in chat when it begins or changes, and not while it lasts. */
import type { Logger } from '../logger.ts';
import type { Report } from '../report.ts';
import type { PictureWorry } from '../report/pictures.ts';
import type { Facts } from '../store/facts.ts';

export type Worries = {
  raise: (worry: PictureWorry) => void;
  /** It is over, or never was. */
  settle: (key: PictureWorry['key']) => void;
};

type Needs = {
  facts: Pick<Facts, 'get' | 'put' | 'delete'>;
  /** Put a report where reports go. */
  tell: (report: Report) => void;
  log: Logger;
};

export function createWorries({ facts, tell, log }: Needs): Worries {
  const factOf = (key: string) => `pictures:${key}`;
  return {
    raise(worry) {
      log.warn(worry, 'pictures do not reach everybody');
      if (JSON.stringify(facts.get(factOf(worry.key))) === JSON.stringify(worry)) return;
      facts.put(factOf(worry.key), worry);
      tell({ kind: 'note', note: worry });
    },
    settle: (key) => facts.delete(factOf(key)),
  };
}
