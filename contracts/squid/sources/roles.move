/// What a member of a Space may do: flags in one byte. An admin may do everything.
module squid::roles;

const ADMIN: u8 = 1;
const PUBLISH: u8 = 2;
const BUILD: u8 = 4;
const READ: u8 = 8;
const ALL: u8 = 15;

/// Sets roles, makes a Space somebody's home, revokes releases, takes blobs out.
public fun admin(): u8 { ADMIN }

/// Creates flakes, appends and yanks releases, moves tags, stores blobs, moves the locator.
public fun publish(): u8 { PUBLISH }

/// Attests what a build gave.
public fun build(): u8 { BUILD }

/// Reads what the Space keeps private.
public fun read(): u8 { READ }

/// Whether somebody holding `roles` may act as `role`.
public fun includes(roles: u8, role: u8): bool {
    roles & (role | ADMIN) != 0
}

/// Whether `roles` has no flag but the ones above.
public fun is_valid(roles: u8): bool {
    roles & ALL == roles
}
