/** What is published for a service, as data to be worded by the catalogue. */
/** How a service stands to what is published for it. */
export type ReleaseState = {
  name: string;
  title: string;
  verdict: ReleaseVerdict;
  /** The version that runs, where it is known. */
  from: string | undefined;
  /** The version that is there to be had. */
  to: string | undefined;
  /** Of the image of the application itself: `release`, `v2.6.1`. */
  tag: string | undefined;
  /** What a button acts on: the version or the digest that was shown. Undefined where nothing is offered. */
  key: string | undefined;
  /** What would change, with the digest that was seen. */
  images: readonly { container: string; image: string; digest: string }[];
  /** Bytes that a pull would bring, as far as they are known. */
  size: number | undefined;
  /** When what is offered was published. */
  publishedAt: number | undefined;
  notes: { url: string; gist: readonly string[]; breaking: readonly string[] } | undefined;
  /** A newer line of versions that the tag never gives, beside what is offered. */
  beyond: string | undefined;
  /** Look-ups that failed. */
  troubles: readonly ReleaseTrouble[];
  at: number;
};

export type ReleaseVerdict =
  | { kind: 'fresh' }
  /** The tag that runs gives another image: an update would change something. */
  | { kind: 'newer-image' }
  /** Newer, but the configuration names a version. */
  | { kind: 'pinned'; file: string | undefined; tag: string; nextTag: string }
  /** A newer line than the tag can give. */
  | { kind: 'major' }
  /** Released, but its image is not there yet. */
  | { kind: 'awaited' }
  | {
      kind: 'blocked';
      reason:
        | { kind: 'skipped' }
        | { kind: 'failed'; at: number; why: string }
        | { kind: 'vectors'; image: string };
    }
  /** Built here: no registry knows it. */
  | { kind: 'local' }
  | { kind: 'unknown' }
  /** Neither an image to look at nor a place of releases is configured. */
  | { kind: 'untracked' };

/** Why something could not be looked up. */
export type ReleaseTrouble =
  | { kind: 'failed'; what: string; cause: string }
  | { kind: 'rate-limit'; what: string; until: number }
  | { kind: 'not-running'; container: string }
  | { kind: 'name'; image: string; reason: 'short' | 'id' | 'invalid' }
  | { kind: 'no-tag'; image: string }
  | { kind: 'no-release'; repository: string }
  | { kind: 'no-version'; release: string }
  | { kind: 'versions'; from: string; release: string };
