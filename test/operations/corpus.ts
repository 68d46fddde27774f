/** What a phone, a camera, a scanner or somebody with bad intentions may send. */
import { readFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import type { PictureProblem } from '../../src/report/pictures.ts';

export type Sample = {
  name: string;
  bytes: Buffer;
  /** `picture`: a readable copy that decodes. `file`: kept as it is, with a path. `refused`: not taken. */
  becomes: 'picture' | 'file' | 'refused';
  problem?: PictureProblem['kind'];
  /** If Immich gets it. */
  isFiled: boolean;
};

const RED = { r: 220, g: 30, b: 30 };
let serial = 0;
/** Never the same bytes twice: Immich would take them for one. */
const base = (width = 320, height = 240): Sharp => {
  serial += 1;
  return sharp({ create: { width, height, channels: 3, background: RED } }).composite([
    {
      input: {
        create: { width: 1, height: 1, channels: 3, background: { r: serial % 256, g: serial >> 8, b: 255 } },
      },
      left: Math.min(width - 1, serial % 64),
      top: 0,
    },
  ]);
};
const clear = {
  create: { width: 300, height: 220, channels: 4 as const, background: { r: 0, g: 0, b: 0, alpha: 0 } },
};
const ink = { create: { width: 90, height: 90, channels: 4 as const, background: { ...RED, alpha: 0.7 } } };
const frames = (count: number) =>
  Promise.all(Array.from({ length: count }, () => base(60, 40).png().toBuffer()));
const fixture = (name: string) => readFileSync(new URL(`../fixtures/pictures/${name}`, import.meta.url));
const cut = (bytes: Buffer, share: number) => bytes.subarray(0, Math.floor(bytes.length * share));
const text = (content: string) => Buffer.from(content, 'latin1');

const chunk = (type: string, data: Buffer) => {
  const body = Buffer.concat([text(type), data]);
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(data.length, 0);
  numbers.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([numbers.subarray(0, 4), body, numbers.subarray(4)]);
};
/** A PNG that claims a size and holds next to nothing. */
const bomb = (width: number, height: number) => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    text('\x89PNG\r\n\x1a\n'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(2_000_000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
};
/** A text chunk that unfolds to 200 MB, in front of a good picture. */
const textBomb = async () => {
  const png = await base().png().toBuffer();
  const packed = chunk('zTXt', Buffer.concat([text('note\0\0'), deflateSync(Buffer.alloc(50_000_000))]));
  return Buffer.concat([png.subarray(0, 33), packed, png.subarray(33)]);
};

const picture = async (
  name: string,
  bytes: Promise<Buffer> | Buffer,
  problem?: PictureProblem['kind'],
): Promise<Sample> => ({
  name,
  bytes: await bytes,
  becomes: 'picture',
  isFiled: true,
  ...(problem === undefined ? {} : { problem }),
});
const file = async (
  name: string,
  bytes: Promise<Buffer> | Buffer,
  about: { problem?: PictureProblem['kind']; isFiled: boolean },
): Promise<Sample> => ({ name, bytes: await bytes, becomes: 'file', ...about });
const refused = async (
  name: string,
  bytes: Promise<Buffer> | Buffer,
  problem: PictureProblem['kind'],
): Promise<Sample> => ({
  name,
  bytes: await bytes,
  becomes: 'refused',
  problem,
  isFiled: false,
});

export const createCorpus = async (): Promise<Sample[]> =>
  Promise.all([
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((orientation) =>
      picture(`turned ${orientation}.jpg`, base().withMetadata({ orientation }).jpeg().toBuffer()),
    ),
    picture('photo.jpg', base().jpeg().toBuffer()),
    picture('progressive.jpg', base().jpeg({ progressive: true }).toBuffer()),
    picture('best.jpg', base().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer()),
    picture('cmyk.jpg', base().toColourspace('cmyk').jpeg().toBuffer()),
    picture('grey.jpg', base().greyscale().jpeg().toBuffer()),
    picture('p3.jpg', base().withIccProfile('p3').jpeg().toBuffer()),
    picture(
      'with a place.jpg',
      base()
        .withExif({ IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '37/1 33/1 0/1' } })
        .jpeg()
        .toBuffer(),
    ),
    picture('screenshot.png', base(591, 1280).png().toBuffer()),
    picture('palette.png', base().png({ palette: true }).toBuffer()),
    picture('interlaced.png', base().png({ progressive: true }).toBuffer()),
    picture('16 bits.png', base().toColourspace('rgb16').png().toBuffer()),
    picture('grey 16.png', base().toColourspace('grey16').png().toBuffer()),
    picture(
      'alpha.png',
      sharp(clear)
        .composite([{ input: ink, left: 20, top: 20 }])
        .png()
        .toBuffer(),
    ),
    picture('all clear.png', sharp(clear).png().toBuffer()),
    picture(
      'grey alpha.png',
      sharp(clear)
        .composite([{ input: ink, left: 30, top: 20 }])
        .toColourspace('b-w')
        .png()
        .toBuffer(),
    ),
    picture(
      'alpha.webp',
      sharp(clear)
        .composite([{ input: ink, left: 40, top: 20 }])
        .webp()
        .toBuffer(),
    ),
    picture('lossless.webp', base().webp({ lossless: true }).toBuffer()),
    picture('photo.webp', base().webp().toBuffer()),
    picture('still.gif', base().gif().toBuffer()),
    picture(
      'moving.gif',
      sharp(await frames(7), { join: { animated: true } })
        .gif()
        .toBuffer(),
      'tiny',
    ),
    picture(
      'moving.webp',
      sharp(await frames(3), { join: { animated: true } })
        .webp()
        .toBuffer(),
      'tiny',
    ),
    picture('photo.avif', base().avif({ effort: 0 }).toBuffer()),
    picture('scan.tiff', base().tiff({ compression: 'lzw' }).toBuffer()),
    picture('16 bits.tif', base().toColourspace('rgb16').tiff({ compression: 'deflate' }).toBuffer()),
    picture('cmyk.tif', base().toColourspace('cmyk').tiff().toBuffer()),
    picture('tiled.tif', base().tiff({ tile: true, pyramid: true }).toBuffer()),
    picture('iphone.heic', fixture('plain.heic')),
    picture('p3.heic', fixture('display-p3.heic')),
    picture('ten bits.heif', fixture('ten-bit.heic')),
    picture('one.png', base(1, 1).png().toBuffer(), 'tiny'),
    picture('icon.png', base(64, 64).png().toBuffer(), 'tiny'),
    picture('line.png', base(1, 5000).png().toBuffer()),
    picture('bar.jpg', base(6000, 3).jpeg().toBuffer()),
    picture('long page.png', base(400, 4000).png().toBuffer()),
    // What the name says is not what it is.
    picture('photo.png', base().jpeg().toBuffer()),
    picture('note.txt', base().png().toBuffer()),
    picture('no extension', base().webp().toBuffer()),
    // Names.
    picture('"quoted" \'twice\' `and` $(so on).jpg', base().jpeg().toBuffer()),
    picture('로그인 화면.jpg', base().jpeg().toBuffer()),
    picture('🐞🔥.png', base().png().toBuffer()),
    picture('two\nlines\r\n.jpg', base().jpeg().toBuffer()),
    picture('../../../etc/cron.d/evil.jpg', base().jpeg().toBuffer()),
    picture('-rf.jpg', base().jpeg().toBuffer()),
    picture(`${'x'.repeat(300)}.jpg`, base().jpeg().toBuffer()),
    picture('.', base().jpeg().toBuffer()),
    picture('nul\0l.jpg', base().jpeg().toBuffer()),
    // More than one thing at a time.
    picture(
      'and an archive.jpg',
      Buffer.concat([await base().jpeg().toBuffer(), text('PK\x03\x04archive behind the picture')]),
    ),
    picture(
      'and a page.png',
      Buffer.concat([await base().png().toBuffer(), text('<script>alert(1)</script>')]),
    ),
    picture('zipped note.png', textBomb()),
    // Broken.
    picture('cut.jpg', cut(await base(900, 900).jpeg({ quality: 95 }).toBuffer(), 0.7), 'damaged'),
    picture(
      'cut.png',
      cut(
        await sharp({
          create: {
            width: 300,
            height: 300,
            channels: 3,
            background: RED,
            noise: { type: 'gaussian', mean: 128, sigma: 30 },
          },
        })
          .png()
          .toBuffer(),
        0.6,
      ),
      'damaged',
    ),
    file('cut.heic', cut(fixture('plain.heic'), 0.7), { problem: 'undecodable', isFiled: true }),
    file('header only.jpg', text('\xff\xd8\xff\xe0\0\x10JFIF\0 and then nothing of use'), {
      problem: 'undecodable',
      isFiled: true,
    }),
    file('header only.png', text('\x89PNG\r\n\x1a\n and then nothing of use'), {
      problem: 'undecodable',
      isFiled: true,
    }),
    file('header only.gif', text('GIF89a'), { problem: 'undecodable', isFiled: true }),
    // More on an edge than any decoder takes.
    file('impossible.png', bomb(2_000_000_000, 1), { problem: 'undecodable', isFiled: true }),
    file('photo.jxl', text('\xff\x0a and so on'), { problem: 'unsupported', isFiled: true }),
    refused('bomb.png', bomb(100_000, 100_000), 'too-many-pixels'),
    refused('wide bomb.png', bomb(9_000_000, 100), 'too-many-pixels'),
    refused('empty.jpg', Buffer.alloc(0), 'empty'),
    refused('archive.jpg', text('PK\x03\x04 an archive that calls itself a photo'), 'not-an-image'),
    refused('program.png', text('\x7fELF\x02\x01\x01\0 a program'), 'not-an-image'),
    refused('zeros.jpg', Buffer.alloc(5000), 'not-an-image'),
    // No pictures, but of use to an agent.
    file('report.pdf', text('%PDF-1.7\n%…'), { isFiled: false }),
    file('server.log', Buffer.from('로그 one\nline two\n'), { isFiled: false }),
    file('drawing.svg', text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'), {
      isFiled: false,
    }),
    file('clip.mp4', Buffer.concat([text('\0\0\0\x18ftypisom\0\0\x02\0isomiso2'), Buffer.alloc(3000, 7)]), {
      problem: 'no-ffmpeg',
      isFiled: true,
    }),
  ]);
