# Read by service.sh: rows in a database, of SQLite (`store`) or PostgreSQL (`records`), and of each a witness outside of it.
# What is asked is the same SQL for both.
what=$1

sql() { # statements
  case $what in
    store) sqlite3 -batch -bail -cmd '.timeout 5000' /data/store.db "$1" ;;
    records) psql --quiet --no-align --tuples-only --no-psqlrc --set=ON_ERROR_STOP=1 --command="$1" ;;
  esac
}

# Up to this schema, and never down: what is newer is refused, as applications do. A service that is told to die at
# once after it (see service.sh) has destroyed rows before, so that only a copy brings them back.
migrate() { # schema
  n=0
  until sql 'select 1' > /dev/null; do # the database may still be starting
    n=$((n + 1)); [ $n -lt 100 ] || return 1
    sleep 0.2
  done
  [ "$what" != store ] || sql 'pragma journal_mode = wal' > /dev/null || return 1
  sql 'create table if not exists about (version integer); create table if not exists note (id integer primary key, text text)' || return 1
  has=$(sql 'select version from about') || return 1
  if [ -z "$has" ]; then
    sql "insert into about values ($1)" || return 1
  elif [ "$has" -gt "$1" ]; then
    fail "the data has schema $has, and this version knows $1"
  elif [ "$has" -lt "$1" ]; then
    echo "migrating from schema $has to $1"
    sql "begin; alter table note add column author_$1 text; update about set version = $1; commit" || return 1
    [ "$LIFE" != 0 ] || sql 'delete from note where id % 2 = 0'
  fi
}

# A row each 100 ms. What /witness holds has been committed.
write() {
  # A connection that stays, as a program has one: so SQLite's log is not folded into the database after each row.
  [ "$what" != store ] || { { echo 'select count(*) from note;'; sleep 1000000; } | sqlite3 -batch /data/store.db > /dev/null & }
  while :; do
    read -r unique < /proc/sys/kernel/random/uuid
    row="$VERSION $unique"
    sql "insert into note (id, text) select coalesce(max(id), 0) + 1, '$row' from note" && echo "$row" >> /witness/rows
    sleep 0.1
  done
}
