/** The data folders of applications, as small as they get: what the presets of services.yaml are tried on. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export type Preset = {
  name: string;
  /** Makes the data in a folder that exists. */
  make: (data: string) => void;
  /** What a copy has to hold, sorted, relative to the folder. */
  databases: readonly string[];
  files: readonly string[];
  /** What the application goes on writing while it runs; `:n` grows. */
  writes: { database: string; sql: string };
};

const SERVICES = fileURLToPath(new URL('../../services.yaml', import.meta.url));

/** Where services.yaml has the data of each. */
const ROOTS: Readonly<Record<string, string>> = {
  vaultwarden: '/var/lib/docker-data/vaultwarden/data',
  archivebox: '/var/lib/docker-data/archivebox/data',
  karakeep: '/var/lib/docker-data/karakeep',
  'anki-sync': '/var/lib/anki-sync-server',
  'uptime-kuma': '/var/lib/docker-data/uptime-kuma/data',
};

/** The part `backup` of a service in services.yaml, also of one that is commented out there. `DATA` stands for its folder. */
export function backupOf(name: string): { sources: unknown[]; expect?: unknown } {
  const text = readFileSync(SERVICES, 'utf8');
  const commented = text.slice(text.indexOf(`  # ${name}:`)).replaceAll(/^ {2}# /gm, '  ');
  const isThere = text.includes(`\n  ${name}:`);
  const { services } = parse(isThere ? text : `services:\n${commented}`) as {
    services: Record<string, { backup: { sources: unknown[]; expect?: unknown } }>;
  };
  const backup = services[name]?.backup;
  if (backup === undefined) throw new Error(`services.yaml has no backup of "${name}".`);
  return JSON.parse(JSON.stringify(backup).replaceAll(ROOTS[name] ?? '', 'DATA')) as typeof backup;
}

type Rows = readonly (readonly unknown[])[];

/**
 * A database as its application leaves it.
 * @param rows by table, in the order of the columns
 * @param options.journal of an application without a write-ahead log: `delete`
 */
function makeTables(
  path: string,
  schema: string,
  rows: Readonly<Record<string, Rows>>,
  { journal = 'wal', defensive = true }: { journal?: string; defensive?: boolean } = {},
): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path, { defensive, enableForeignKeyConstraints: false });
  database.exec(`pragma journal_mode = ${journal}; ${schema}`);
  database.exec('begin');
  for (const [table, values] of Object.entries(rows)) {
    const [first] = values;
    if (first === undefined) continue;
    const insert = database.prepare(`insert into "${table}" values (${first.map(() => '?').join(', ')})`);
    for (const row of values) insert.run(...(row as string[]));
  }
  database.exec('commit');
  return database;
}

const put = (data: string, files: Readonly<Record<string, string | Uint8Array>>) => {
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(data, name)), { recursive: true });
    writeFileSync(join(data, name), contents);
  }
};

const range = (length: number) => Array.from({ length }, (_, index) => index);
const AT = '2026-11-20 14:40:00';
const bytes = (seed: string, size: number) =>
  Buffer.concat(
    range(Math.ceil(size / 32)).map((index) => createHash('sha256').update(`${seed} ${index}`).digest()),
  ).subarray(0, size);
const uuid = (seed: string) =>
  createHash('sha256')
    .update(seed)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');

const VAULT = [
  { id: uuid('attachment 0'), cipher: uuid('cipher 0'), size: 5000 },
  { id: uuid('attachment 1'), cipher: uuid('cipher 0'), size: 40_000 },
  { id: uuid('attachment 2'), cipher: uuid('cipher 7'), size: 17 },
];
const SEND = { uuid: uuid('send'), file: 'f3b1' };

const vaultwarden: Preset = {
  name: 'vaultwarden',
  make(data) {
    makeTables(
      join(data, 'db.sqlite3'),
      `create table users (uuid text primary key not null, email text not null unique, name text not null, password_hash blob not null, salt blob not null,
         password_iterations integer not null, akey text not null, private_key text, security_stamp text not null, created_at datetime not null, updated_at datetime not null);
       create table ciphers (uuid text primary key not null, created_at datetime not null, updated_at datetime not null, user_uuid text references users (uuid),
         atype integer not null, name text not null, notes text, data text not null, deleted_at datetime);
       create table attachments (id text primary key not null, cipher_uuid text not null references ciphers (uuid), file_name text not null, file_size integer not null, akey text);
       create table sends (uuid text primary key not null, user_uuid text references users (uuid), name text not null, atype integer not null, data text not null, akey text not null);
       create table folders (uuid text primary key not null, user_uuid text not null references users (uuid), name text not null);
       create table devices (uuid text not null, user_uuid text not null references users (uuid), name text not null, refresh_token text not null, primary key (uuid, user_uuid));
       create table event (uuid text primary key not null, event_type integer not null, event_date datetime not null);
       create table __diesel_schema_migrations (version varchar(50) primary key not null, run_on timestamp not null default current_timestamp);`,
      {
        users: range(2).map((n) => [
          uuid(`user ${n}`),
          `user${n}@example.dev`,
          `User ${n}`,
          bytes(`hash ${n}`, 32),
          bytes(`salt ${n}`, 64),
          600_000,
          '2.key',
          '2.private',
          uuid(`stamp ${n}`),
          AT,
          AT,
        ]),
        ciphers: range(60).map((n) => [
          uuid(`cipher ${n}`),
          AT,
          AT,
          uuid(`user ${n % 2}`),
          1,
          `2.${uuid(`name ${n}`)}`,
          null,
          JSON.stringify({ username: `2.${n}`, password: `2.${uuid(`password ${n}`)}` }),
          null,
        ]),
        attachments: VAULT.map(({ id, cipher, size }) => [id, cipher, '2.name', size, '2.key']),
        sends: [
          [
            SEND.uuid,
            uuid('user 0'),
            '2.send',
            1,
            JSON.stringify({ id: SEND.file, size: 900, fileName: '2.file' }),
            '2.key',
          ],
        ],
        folders: [[uuid('folder'), uuid('user 0'), '2.folder']],
        devices: [[uuid('device'), uuid('user 0'), 'phone', 'token']],
        __diesel_schema_migrations: [
          ['20180114171611', AT],
          ['20240905000000', AT],
        ],
      },
    ).close();
    put(data, {
      'config.json': JSON.stringify({ admin_token: 'planted-secret', smtp_password: 'planted-secret' }),
      'rsa_key.pem': generateKeyPairSync('rsa', {
        modulusLength: 2048,
        privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
        publicKeyEncoding: { type: 'spki', format: 'pem' },
      }).privateKey,
      'rsa_key.pub.pem': 'an older one',
      ...Object.fromEntries(
        VAULT.map(({ id, cipher, size }) => [`attachments/${cipher}/${id}`, bytes(id, size)]),
      ),
      [`sends/${SEND.uuid}/${SEND.file}`]: bytes('send', 900),
      'icon_cache/example.dev.png': bytes('icon', 100),
      'tmp/upload': 'half',
      'db_20261101_030000.sqlite3': 'a copy that it made of itself',
    });
  },
  databases: ['db.sqlite3'],
  files: [
    'config.json',
    'rsa_key.pem',
    'rsa_key.pub.pem',
    ...VAULT.map(({ id, cipher }) => `attachments/${cipher}/${id}`),
    `sends/${SEND.uuid}/${SEND.file}`,
  ].sort(),
  writes: { database: 'db.sqlite3', sql: `insert into event values ('event ' || :n, 1000, '${AT}')` },
};

const PAGES = range(4).map((n) => `170000000${n}.0`);

const archivebox: Preset = {
  name: 'archivebox',
  make(data) {
    makeTables(
      join(data, 'index.sqlite3'),
      `create table auth_user (id integer not null primary key autoincrement, password varchar(128) not null, is_superuser bool not null, username varchar(150) not null unique, email varchar(254) not null, date_joined datetime not null);
       create table core_snapshot (id char(32) not null primary key, url varchar(200) not null unique, timestamp varchar(32) not null unique, title varchar(512), added datetime not null, updated datetime);
       create index core_snapshot_added on core_snapshot (added);
       create table core_tag (id integer not null primary key autoincrement, name varchar(100) not null unique, slug varchar(100) not null unique);
       create table core_snapshot_tags (id integer not null primary key autoincrement, snapshot_id char(32) not null references core_snapshot (id) deferrable initially deferred, tag_id integer not null references core_tag (id) deferrable initially deferred);
       create table core_archiveresult (id integer not null primary key autoincrement, uuid char(32) not null, cmd text not null, pwd varchar(256) not null, cmd_version varchar(128), output varchar(1024) not null, start_ts datetime not null, end_ts datetime not null, status varchar(16) not null, extractor varchar(32) not null, snapshot_id char(32) not null references core_snapshot (id) deferrable initially deferred);
       create table django_migrations (id integer not null primary key autoincrement, app varchar(255) not null, name varchar(255) not null, applied datetime not null);
       create table django_session (session_key varchar(40) not null primary key, session_data text not null, expire_date datetime not null);`,
      {
        auth_user: [[1, 'pbkdf2_sha256$planted', 1, 'admin', 'admin@example.dev', AT]],
        core_snapshot: [...PAGES, '1800000000.0'].map((timestamp, n) => [
          uuid(`page ${n}`).replaceAll('-', ''),
          `https://example.dev/${n}`,
          timestamp,
          `Page ${n}`,
          AT,
          AT,
        ]),
        core_tag: [[1, 'read', 'read']],
        core_snapshot_tags: [[1, uuid('page 0').replaceAll('-', ''), 1]],
        core_archiveresult: [...PAGES, 'failed'].map((page, n) => [
          n + 1,
          uuid(`result ${n}`),
          '["wget"]',
          '/data',
          '1',
          'index.html',
          AT,
          AT,
          page === 'failed' ? 'failed' : 'succeeded',
          'wget',
          uuid(`page ${n}`).replaceAll('-', ''),
        ]),
        django_migrations: range(30).map((n) => [n + 1, 'core', `00${n}_step`, AT]),
      },
    ).close();
    put(data, {
      'ArchiveBox.conf': '[SERVER_CONFIG]\nSECRET_KEY = planted-secret\n',
      '.archivebox_id': 'abc',
      ...Object.fromEntries(
        PAGES.flatMap((page) => [
          [`archive/${page}/index.json`, `{"timestamp":"${page}"}`],
          [`archive/${page}/singlefile.html`, bytes(page, 9000)],
        ]),
      ),
      'archive/1700000000.0/offline.sqlite3': 'what a page had to download',
      'personas/Default/cookies.txt': 'planted-secret',
      'sources/1700000000-import.txt': 'https://example.dev/0\n',
      'users/admin/settings.json': '{}',
      'logs/errors.log': 'log',
      'cache/x': 'x',
      'lib/node_modules/x.js': 'x',
      'tmp/x': 'x',
      'sonic/store/x': 'x',
    });
  },
  databases: ['index.sqlite3'],
  files: [
    'ArchiveBox.conf',
    '.archivebox_id',
    ...PAGES.flatMap((page) => [`archive/${page}/index.json`, `archive/${page}/singlefile.html`]),
    'archive/1700000000.0/offline.sqlite3',
    'personas/Default/cookies.txt',
    'sources/1700000000-import.txt',
    'users/admin/settings.json',
  ].sort(),
  writes: {
    database: 'index.sqlite3',
    sql: `insert into django_session values ('session ' || :n, '', '${AT}')`,
  },
};

const ASSETS = range(4).map((n) => ({ id: uuid(`asset ${n}`), size: [20_000, 300, 0, 70_000][n] ?? 0 }));
const OWNER = 'u4k1x0';

const karakeep: Preset = {
  name: 'karakeep',
  make(data) {
    // It keeps its databases without a write-ahead log unless it is told otherwise.
    const database = makeTables(
      join(data, 'db.db'),
      `create table user (id text primary key not null, name text not null, email text not null unique, password text, salt text not null default '', role text default 'user');
       create table bookmarks (id text primary key not null, createdAt integer not null, modifiedAt integer, title text, archived integer not null default false, userId text not null references user (id) on delete cascade, type text not null);
       create index bookmarks_userId_idx on bookmarks (userId);
       create table bookmarkLinks (id text primary key not null references bookmarks (id) on delete cascade, url text not null, htmlContent text, crawledAt integer);
       create table bookmarkTags (id text primary key not null, name text not null, normalizedName text generated always as (lower(replace(name, ' ', ''))) virtual, userId text not null references user (id) on delete cascade);
       create index bookmarkTags_normalizedName_idx on bookmarkTags (normalizedName);
       create table tagsOnBookmarks (bookmarkId text not null references bookmarks (id) on delete cascade, tagId text not null references bookmarkTags (id) on delete cascade, attachedBy text not null, primary key (bookmarkId, tagId));
       create table assets (id text primary key not null, assetType text not null, size integer not null default 0, contentType text, fileName text, bookmarkId text references bookmarks (id) on delete cascade, userId text not null references user (id) on delete cascade);
       create table __drizzle_migrations (id serial primary key, hash text not null, created_at numeric);`,
      {
        user: [[OWNER, 'Ann', 'ann@example.dev', 'planted-hash', 'salt', 'admin']],
        bookmarks: range(50).map((n) => [
          `bookmark${n}`,
          1_700_000_000 + n,
          null,
          `Title ${n}`,
          0,
          OWNER,
          'link',
        ]),
        bookmarkLinks: range(50).map((n) => [
          `bookmark${n}`,
          `https://example.dev/${n}`,
          `<p>${uuid(`html ${n}`).repeat(20)}</p>`,
          1_700_000_000,
        ]),
        assets: ASSETS.map(({ id, size }) => [
          id,
          'linkScreenshot',
          size,
          'image/png',
          null,
          'bookmark1',
          OWNER,
        ]),
        __drizzle_migrations: range(5).map((n) => [null, uuid(`migration ${n}`), 1_700_000_000 + n]),
      },
      { journal: 'delete' },
    );
    database.exec(
      `insert into bookmarkTags (id, name, userId) values ('tag1', 'To Read', '${OWNER}'); insert into tagsOnBookmarks values ('bookmark1', 'tag1', 'human')`,
    );
    database.close();
    makeTables(
      join(data, 'queue.db'),
      `create table tasks (id integer primary key autoincrement not null, queue text not null, payload text not null, createdAt integer not null default (unixepoch()), status text not null default 'pending', expireAt integer, allocationId text not null, numRunsLeft integer not null, maxNumRuns integer not null)`,
      { tasks: [[1, 'link_crawler_queue', '{}', 1_700_000_000, 'pending', null, 'x', 1, 5]] },
    ).close();
    put(data, {
      ...Object.fromEntries(
        ASSETS.flatMap(({ id, size }) => [
          [`assets/${OWNER}/${id}/asset.bin`, bytes(id, size === 0 ? 1234 : size)],
          [`assets/${OWNER}/${id}/metadata.json`, '{"contentType":"image/png"}'],
        ]),
      ),
      'meilisearch/data.ms/data.mdb': 'an index',
    });
  },
  databases: ['db.db', 'queue.db'],
  files: ASSETS.flatMap(({ id }) => [
    `assets/${OWNER}/${id}/asset.bin`,
    `assets/${OWNER}/${id}/metadata.json`,
  ]).sort(),
  writes: {
    database: 'queue.db',
    sql: `insert into tasks (queue, payload, allocationId, numRunsLeft, maxNumRuns) values ('q', '{"n":' || :n || '}', 'a', 1, 5)`,
  },
};

const USERS = ['ann', 'bob'];
const MEDIA = range(3).map((n) => ({
  name: ['수업.mp3', 'cat.jpg', "l'été.png"][n] ?? '',
  size: [9000, 300, 44][n] ?? 0,
}));

const anki: Preset = {
  name: 'anki-sync',
  make(data) {
    for (const user of USERS) {
      const collection = makeTables(
        join(data, user, 'collection.anki2'),
        // Anki sorts names by a collation of its own, unicase; it is put in below.
        `create table col (id integer primary key, crt integer not null, mod integer not null, scm integer not null, ver integer not null, dty integer not null, usn integer not null, ls integer not null, conf text not null, models text not null, decks text not null, dconf text not null, tags text not null);
         create table notes (id integer primary key, guid text not null, mid integer not null, mod integer not null, usn integer not null, tags text not null, flds text not null, sfld integer not null, csum integer not null, flags integer not null, data text not null);
         create table cards (id integer primary key, nid integer not null, did integer not null, ord integer not null, mod integer not null, usn integer not null, type integer not null, queue integer not null, due integer not null, ivl integer not null, factor integer not null, reps integer not null, lapses integer not null, left integer not null, odue integer not null, odid integer not null, flags integer not null, data text not null);
         create table revlog (id integer primary key, cid integer not null, usn integer not null, ease integer not null, ivl integer not null, lastIvl integer not null, factor integer not null, time integer not null, type integer not null);
         create table graves (oid integer not null, type integer not null, usn integer not null, primary key (oid, type)) without rowid;
         create table deck_config (id integer primary key not null, name text not null collate nocase, mtime_secs integer not null, usn integer not null, config blob not null);
         create table config (key text not null primary key, usn integer not null, mtime_secs integer not null, val blob not null) without rowid;
         create table fields (ntid integer not null, ord integer not null, name text not null collate nocase, config blob not null, primary key (ntid, ord)) without rowid;
         create table templates (ntid integer not null, ord integer not null, name text not null collate nocase, mtime_secs integer not null, usn integer not null, config blob not null, primary key (ntid, ord)) without rowid;
         create table notetypes (id integer not null primary key, name text not null collate nocase, mtime_secs integer not null, usn integer not null, config blob not null);
         create table decks (id integer primary key not null, name text not null collate nocase, mtime_secs integer not null, usn integer not null, common blob not null, kind blob not null);
         create table tags (tag text not null primary key collate nocase, usn integer not null, collapsed boolean not null, config blob null) without rowid;
         create index ix_notes_csum on notes (csum); create index ix_cards_nid on cards (nid);
         create unique index idx_fields_name_ntid on fields (name, ntid); create unique index idx_decks_name on decks (name); create unique index idx_notetypes_name on notetypes (name);`,
        {
          col: [[1, 1_700_000_000, 0, 0, 18, 0, 0, 0, '', '', '', '', '']],
          notes: range(40).map((n) => [
            1_700_000_000_000 + n,
            `g${n}`,
            1,
            0,
            0,
            ' verb ',
            `front ${n}\u001fback ${uuid(`note ${n}`)}`,
            `front ${n}`,
            n,
            0,
            '',
          ]),
          cards: range(40).map((n) => [
            1_700_000_100_000 + n,
            1_700_000_000_000 + n,
            1,
            0,
            0,
            0,
            0,
            0,
            n,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            '{}',
          ]),
          revlog: range(20).map((n) => [
            1_700_000_200_000 + n,
            1_700_000_100_000 + n,
            0,
            3,
            1,
            0,
            2500,
            4000,
            1,
          ]),
          deck_config: [[1, 'Default', 0, 0, bytes('deck config', 40)]],
          config: [['schedVer', 0, 0, Buffer.from('2')]],
          fields: [
            [1, 0, 'Front', bytes('field 0', 30)],
            [1, 1, 'Back', bytes('field 1', 30)],
          ],
          templates: [[1, 0, 'Card 1', 0, 0, bytes('template', 80)]],
          notetypes: [[1, 'Basic', 0, 0, bytes('notetype', 80)]],
          decks: [
            [1, 'Default', 0, 0, bytes('common', 20), bytes('kind', 20)],
            [2, 'Korean', 0, 0, bytes('common 2', 20), bytes('kind', 20)],
          ],
          tags: [
            ['verb', 0, 0, null],
            ['Noun', 0, 0, null],
          ],
        },
        { defensive: false },
      );
      collection.exec(
        `pragma writable_schema = on; update sqlite_schema set sql = replace(sql, 'nocase', 'unicase')`,
      );
      collection.close();
      makeTables(
        join(data, user, 'media.db'),
        `create table media (fname text not null primary key, csum blob not null, size int not null, usn int not null, mtime int not null);
         create index ix_usn on media (usn);
         create table meta (last_usn int not null, total_bytes int not null, total_nonempty_files int not null); pragma user_version = 4;`,
        {
          media: [
            ...MEDIA.map(({ name, size }, n) => [
              name,
              createHash('sha1')
                .update(bytes(`${user} ${name}`, size))
                .digest(),
              size,
              n + 1,
              1_700_000_000,
            ]),
            ['deleted.jpg', createHash('sha1').digest(), 0, 9, 1_700_000_000],
          ],
          meta: [[9, MEDIA.reduce((sum, { size }) => sum + size, 0), MEDIA.length]],
        },
      ).close();
      put(
        data,
        Object.fromEntries(
          MEDIA.map(({ name, size }) => [`${user}/media/${name}`, bytes(`${user} ${name}`, size)]),
        ),
      );
    }
  },
  databases: USERS.flatMap((user) => [`${user}/collection.anki2`, `${user}/media.db`]),
  files: USERS.flatMap((user) => MEDIA.map(({ name }) => `${user}/media/${name}`)).sort(),
  writes: {
    database: 'ann/collection.anki2',
    sql: `insert into revlog (cid, usn, ease, ivl, lastIvl, factor, time, type) values (:n, 0, 3, 1, 0, 2500, 4000, 1)`,
  },
};

const kuma: Preset = {
  name: 'uptime-kuma',
  make(data) {
    makeTables(
      join(data, 'kuma.db'),
      `create table user (id integer primary key autoincrement not null, username varchar(255) not null unique, password varchar(255), active boolean not null default 1, timezone varchar(150), twofa_secret varchar(64));
       create table monitor (id integer primary key autoincrement not null, name varchar(150), active boolean not null default 1, user_id integer references user (id) on update cascade on delete set null, interval integer not null default 20, url text, type varchar(20));
       create table heartbeat (id integer primary key autoincrement not null, important boolean not null default 0, monitor_id integer not null references monitor (id) on update cascade on delete cascade, status smallint not null, msg text, time datetime not null, ping integer, duration integer not null default 0);
       create index monitor_time_index on heartbeat (monitor_id, time);
       create table notification (id integer primary key autoincrement not null, name varchar(255), config text, active boolean not null default 1, user_id integer not null);
       create table setting (id integer primary key autoincrement not null, key varchar(200) not null unique, value text, type varchar(20));
       create table knex_migrations (id integer primary key autoincrement not null, name varchar(255), batch integer, migration_time datetime);
       create table knex_migrations_lock (index_ integer primary key autoincrement not null, is_locked integer);`,
      {
        user: [[1, 'admin', '$2a$10$planted', 1, 'Asia/Seoul', null]],
        monitor: range(6).map((n) => [n + 1, `Service ${n}`, 1, 1, 60, `http://127.0.0.1:${n}`, 'http']),
        heartbeat: range(400).map((n) => [n + 1, 0, (n % 6) + 1, 1, '200 - OK', AT, n % 90, 60]),
        notification: [[1, 'phone', '{"token":"planted-secret"}', 1, 1]],
        setting: [
          [1, 'jwtSecret', 'planted-secret', null],
          [2, 'serverTimezone', '"Asia/Seoul"', 'general'],
        ],
        knex_migrations: range(9).map((n) => [n + 1, `2023-0${n}.js`, 1, AT]),
        knex_migrations_lock: [[1, 0]],
      },
    ).close();
    put(data, {
      'db-config.json': JSON.stringify({ type: 'sqlite' }),
      'upload/logo1.png': bytes('logo', 700),
      'docker-tls/host/key.pem': 'planted-secret',
      'screenshots/1.png': bytes('screenshot', 5000),
      'kuma.db.bak20240101': 'a copy that it made of itself',
    });
  },
  databases: ['kuma.db'],
  files: ['db-config.json', 'docker-tls/host/key.pem', 'upload/logo1.png'],
  writes: {
    database: 'kuma.db',
    sql: `insert into heartbeat (monitor_id, status, msg, time) values (1, 1, 'beat ' || :n, '${AT}')`,
  },
};

export const PRESETS: readonly Preset[] = [vaultwarden, archivebox, karakeep, anki, kuma];
