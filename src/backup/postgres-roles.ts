/** Roles of a PostgreSQL server, made where they are missing: a dump names them and does not bring them along. */
import type { Role } from './manifest.ts';
import { ask, identifier, literal, type Place, type Reach } from './psql.ts';

/** Make those that are not there, without passwords, and their memberships. Those that are there stay as they are. */
export async function makeRoles(reach: Reach, place: Place, roles: readonly Role[]): Promise<void> {
  const there = await ask<string>(reach, place, 'select to_json(rolname) from pg_catalog.pg_roles');
  const missing = roles.filter(({ name }) => !there.includes(name));
  const statements = [
    ...missing.map((role) => `create role ${identifier(role.name)} ${attributesOf(role)}`),
    ...missing.flatMap(({ name, memberOf }) =>
      memberOf.map(
        ({ role, admin }) =>
          `grant ${identifier(role)} to ${identifier(name)}${admin ? ' with admin option' : ''}`,
      ),
    ),
  ];
  if (statements.length > 0) await ask(reach, place, statements.join(';\n'));
}

function attributesOf(role: Role): string {
  const words: [boolean, string][] = [
    [role.superuser, 'superuser'],
    [role.inherit, 'inherit'],
    [role.createRole, 'createrole'],
    [role.createDatabase, 'createdb'],
    [role.login, 'login'],
    [role.replication, 'replication'],
    [role.bypassRls, 'bypassrls'],
  ];
  return [
    ...words.map(([has, word]) => (has ? word : `no${word}`)),
    `connection limit ${role.connectionLimit}`,
    ...(role.validUntil === null ? [] : [`valid until ${literal(role.validUntil)}`]),
  ].join(' ');
}
