/**
 * The schema's history. `PRAGMA user_version` counts how many of these a file has had;
 * an entry that was released is never edited, a change is a new entry at the end.
 */
export const migrations: readonly string[] = [
  `
  -- What Telegram brought, written down before it is answered.
  create table intake (
    update_id integer primary key,
    -- The message or the tap itself, because update ids may start anew.
    tag text not null unique,
    received_at integer not null,
    json text not null,
    state text not null default 'new' check (state in ('new', 'begun', 'done')),
    attempts integer not null default 0
  ) strict;
  create index intake_open on intake (update_id) where state <> 'done';

  -- What Telegram is to show: one row for one card, the newest content wins.
  create table outbox (
    id integer primary key,
    key text not null unique,
    chat integer not null,
    reply_to integer,
    body text not null,
    version integer not null default 1,
    shown_version integer not null default 0,
    state text not null default 'queued'
      check (state in ('queued', 'sending', 'shown', 'unknown', 'failed')),
    resend integer not null default 0,
    silent integer not null default 1,
    message_id integer,
    attempts integer not null default 0,
    not_before integer not null default 0,
    problem text,
    created_at integer not null,
    changed_at integer not null
  ) strict;
  create index outbox_open on outbox (chat, id) where shown_version < version;
  create index outbox_message on outbox (chat, message_id) where message_id is not null;
  create index outbox_unknown on outbox (chat) where state = 'unknown';

  -- Plans that wait for a yes, and buttons whose arguments do not fit into a callback.
  create table confirmations (
    token text primary key,
    kind text not null check (kind in ('plan', 'button')),
    user integer,
    chat integer,
    command text not null,
    args text not null,
    fingerprint text,
    expires_at integer not null,
    used_at integer,
    used_by integer
  ) strict;

  -- Work that was begun: by a person, a command line or the clock.
  create table runs (
    id integer primary key,
    kind text not null check (kind in ('command', 'job')),
    name text not null,
    subject text,
    args text not null default '[]',
    by text not null,
    owner text not null,
    card text,
    started_at integer not null,
    ended_at integer,
    outcome text check (outcome in ('done', 'failed', 'skipped', 'interrupted')),
    reason text
  ) strict;
  create index runs_open on runs (id) where ended_at is null;
  create index runs_by_name on runs (name, subject, started_at);

  -- When each job is due; the clock's ticks only ask.
  create table due (
    job text not null,
    subject text not null default '',
    schedule text not null,
    due_at integer not null,
    paused integer not null default 0,
    primary key (job, subject)
  ) strict, without rowid;

  -- Single facts: the last poll, who was refused today, how long a restart takes.
  create table facts (
    key text primary key,
    value text not null,
    at integer not null
  ) strict, without rowid;

  -- Pictures on their way to the agent and to Immich. A number is never given twice.
  create table pictures (
    number integer primary key autoincrement,
    card text not null,
    chat integer not null,
    message_id integer,
    source text not null,
    caption text,
    state text not null default 'new' check (
      state in ('new', 'stored', 'readable', 'uploaded', 'filed', 'settled', 'local', 'refused')
    ),
    -- What came: its format by its bytes, its hash, its size.
    format text,
    sha1 text,
    size integer,
    -- The readable copy, a file name in PICTURES_DIR.
    name text,
    width integer,
    height integer,
    copy_size integer,
    tiles text not null default '[]',
    shrunk integer not null default 0,
    -- What is wrong with the picture, and what holds its way up for now.
    problem text,
    trouble text,
    -- What Immich made of it.
    uploads integer not null default 0,
    asset_id text,
    duplicate text check (duplicate in ('own', 'library')),
    immich_path text,
    host_path text,
    checks integer not null default 0,
    kept integer not null default 0,
    attempts integer not null default 0,
    not_before integer not null default 0,
    received_at integer not null,
    filed_at integer,
    unique (chat, message_id)
  ) strict;
  create index pictures_open on pictures (number) where state not in ('settled', 'local', 'refused');
  create index pictures_card on pictures (card, message_id);
  create index pictures_sha1 on pictures (sha1);
  create index pictures_asset on pictures (asset_id);

  -- Files that stay in the inbox, and why; without a problem Immich has it and it stays because nothing is changed.
  create table inbox (
    path text primary key,
    stamp text not null,
    problem text,
    attempts integer not null,
    told integer not null,
    not_before integer not null
  ) strict, without rowid;
  `,
  `
  -- Further names that people gave a picture, the album's cleaning of it, and the end of its copies.
  alter table pictures add column names text not null default '[]';
  alter table pictures add column cleaned_at integer;
  alter table pictures add column removed_at integer;
  create index pictures_uncleaned on pictures (number) where cleaned_at is null;
  create index pictures_copies on pictures (cleaned_at) where removed_at is null;
  `,
  `
  -- A video's own file beside the sheet of its frames, a live photo's clip beside its still, and how the clip is filed.
  alter table pictures add column moving text;
  alter table pictures add column clip text;
  `,
  `
  -- The album that a picture was put into: one that is gone is told from a picture that somebody took out.
  alter table pictures add column album_id text;
  create index pictures_album on pictures (number) where album_id is not null;
  `,
  `
  -- The journal of updates and rollbacks: what is being done, how far it is, and what the way back needs.
  create table updates (
    id text primary key,
    service text not null,
    verb text not null check (verb in ('update', 'rollback')),
    by text not null,
    stage text not null,
    plan text not null,
    facts text not null default '{}',
    asked text check (asked in ('cancel', 'roll-back', 'wait')),
    outcome text,
    started_at integer not null,
    ended_at integer
  ) strict, without rowid;
  create index updates_open on updates (service) where ended_at is null;
  create index updates_by_service on updates (service, started_at);
  `,
  `
  -- The word that confirms a plan for which a tap is not enough, and the card that shows it.
  alter table confirmations add column word text;
  alter table confirmations add column card text;
  `,
  `
  -- The backups in their folder, as their manifests and proofs say; rebuilt from these.
  create table backups (
    service text not null,
    id text not null,
    folder text not null,
    taken_at integer not null,
    size integer not null,
    level text not null check (level in ('copied', 'decoded', 'restored')),
    proven_at integer,
    drilled_at integer,
    drill_took integer,
    images text not null default '{}',
    counts text not null default '{}',
    sizes text not null default '{}',
    readable integer not null,
    trouble text,
    -- Of the files that this was read from.
    stamp text not null,
    primary key (service, id)
  ) strict, without rowid;
  create index backups_by_service on backups (service, taken_at);
  `,
  `
  -- The journal of restores: what is being done, how far it is, and what the way back needs.
  create table restores (
    id text primary key,
    service text not null,
    by text not null,
    stage text not null,
    plan text not null,
    facts text not null default '{}',
    outcome text,
    started_at integer not null,
    ended_at integer
  ) strict, without rowid;
  create index restores_open on restores (service) where ended_at is null;
  create index restores_by_service on restores (service, started_at);
  `,
  `
  -- Who asked for what, from where, and what became of it. It outlives the rows of the runs.
  create table audit (
    id integer primary key,
    run integer,
    at integer not null,
    by text not null,
    origin text not null check (origin in ('chat', 'cli', 'schedule')),
    what text not null,
    services text not null,
    args text not null,
    plan text,
    confirmed_by text,
    outcome text check (
      outcome in ('done', 'failed', 'refused', 'busy', 'interrupted', 'cancelled', 'expired', 'changed', 'observed')
    ),
    reason text,
    ended_at integer
  ) strict;
  create index audit_at on audit (at);
  create index audit_open on audit (run) where ended_at is null;
  `,
  `
  -- What was found wrong: one row from its first word to its end, and again when it comes back soon.
  create table alerts (
    id integer primary key,
    key text not null,
    severity text not null check (severity in ('critical', 'warning', 'notice')),
    worst text not null check (worst in ('critical', 'warning', 'notice')),
    finding text not null,
    first_at integer not null,
    opened_at integer not null,
    changed_at integer not null,
    ended_at integer,
    ending text,
    times integer not null default 1,
    down_before integer not null default 0,
    -- What was told about it.
    rung_at integer,
    rings integer not null default 0,
    acked_by text,
    snoozed_by text,
    snoozed_until integer,
    held integer not null default 0,
    told_end integer not null default 0
  ) strict;
  create unique index alerts_open on alerts (key) where ended_at is null;
  create index alerts_by_key on alerts (key, ended_at);
  create index alerts_ended on alerts (ended_at) where ended_at is not null;
  `,
  `
  -- Figures over time: disks, memory, backups, pictures.
  create table samples (
    name text not null,
    at integer not null,
    value real not null,
    primary key (name, at)
  ) strict, without rowid;
  `,
  `
  -- What came while nobody was to be disturbed; the card that tells of an alert, which several can share, and when it
  -- rings next.
  create table held (
    key text not null unique,
    at integer not null,
    severity text not null check (severity in ('critical', 'warning', 'notice')),
    report text not null
  ) strict;
  alter table alerts add column card text;
  alter table alerts add column ring_at integer;
  create index alerts_untold on alerts (id) where ended_at is null or told_end = 0;
  create index alerts_by_card on alerts (card) where card is not null;
  `,
  `
  -- For reports of a span of time, however long the history is.
  create index runs_started on runs (started_at);
  create index runs_failed on runs (ended_at) where outcome = 'failed';
  create index pictures_filed on pictures (filed_at);
  create index pictures_cleaned on pictures (cleaned_at);
  `,
  `
  -- By service, so that years of what was asked are not read through for one of them.
  create table audit_services (
    service text not null,
    at integer not null,
    id integer not null,
    primary key (service, at, id)
  ) strict, without rowid;
  insert or ignore into audit_services select value, at, audit.id from audit, json_each(services);
  create trigger audit_begun after insert on audit begin
    insert or ignore into audit_services select value, new.at, new.id from json_each(new.services);
  end;
  create trigger audit_named after update of services on audit when new.services <> old.services begin
    delete from audit_services
      where (service, at, id) in (select value, old.at, old.id from json_each(old.services));
    insert or ignore into audit_services select value, new.at, new.id from json_each(new.services);
  end;
  create trigger audit_gone after delete on audit begin
    delete from audit_services
      where (service, at, id) in (select value, old.at, old.id from json_each(old.services));
  end;
  `,
];
