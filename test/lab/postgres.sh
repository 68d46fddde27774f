#!/bin/sh
# The entry of the PostgreSQL image: a new data folder gets a cluster with $POSTGRES_USER and $POSTGRES_DB.
set -eu
data=/var/lib/postgresql/data
user=${POSTGRES_USER:-postgres} database=${POSTGRES_DB:-${POSTGRES_USER:-postgres}}
mkdir -p "$data" /run/postgresql
chown 999:999 "$data" /run/postgresql
as="/usr/bin/setpriv --reuid=999 --regid=999 --clear-groups"
if [ ! -s "$data/PG_VERSION" ]; then
  chmod 700 "$data"
  $as initdb -D "$data" --username="$user" --auth=trust --encoding=UTF8 --locale=C --no-sync
  echo 'host all all all trust' >> "$data/pg_hba.conf"
  [ "$database" = postgres ] || echo "create database \"$database\";" | $as postgres --single -D "$data" postgres
fi
exec $as postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/run/postgresql
