/// Paths that lead elsewhere.
module walrus_site::redirects;

use std::string::String;
use sui::vec_map::{Self, VecMap};

/// Not a status of a redirect.
const EInvalidRedirectStatusCode: u64 = 0;
/// As many locations as paths are wanted.
const ELocationsLength: u64 = 1;
/// As many status codes as paths are wanted.
const EStatusCodesLengths: u64 = 2;

public struct Redirect has drop, store { location: String, status_code: u16 }

public struct Redirects has drop, store { redirect_list: VecMap<String, Redirect> }

/// The dynamic field of a site that holds them.
public(package) macro fun redirects_field(): vector<u8> { b"redirects" }

macro fun assert_redirect_status_code($status_code: u16) {
    let status_code = $status_code;
    assert!(vector[301, 302, 303, 307, 308].contains(&status_code), EInvalidRedirectStatusCode)
}

public fun empty(): Redirects { Redirects { redirect_list: vec_map::empty() } }

public fun filled(
    paths: vector<String>,
    locations: vector<String>,
    status_codes: vector<u16>,
): Redirects {
    let mut redirects = empty();
    redirects.fill(paths, locations, status_codes);
    redirects
}

/// Adds to those that are there.
public fun fill(
    redirects: &mut Redirects,
    mut paths: vector<String>,
    mut locations: vector<String>,
    mut status_codes: vector<u16>,
) {
    assert!(locations.length() == paths.length(), ELocationsLength);
    assert!(status_codes.length() == paths.length(), EStatusCodesLengths);
    while (!paths.is_empty()) {
        redirects.insert(paths.pop_back(), locations.pop_back(), status_codes.pop_back())
    }
}

public fun insert(redirects: &mut Redirects, redirect: String, location: String, status_code: u16) {
    assert_redirect_status_code!(status_code);
    redirects.redirect_list.insert(redirect, Redirect { location, status_code })
}

public fun remove(redirects: &mut Redirects, redirect: &String): (String, String, u16) {
    let (path, Redirect { location, status_code }) = redirects.redirect_list.remove(redirect);
    (path, location, status_code)
}

public fun length(self: &Redirects): u64 { self.redirect_list.size() }

public fun get(self: &Redirects, path: &String): (&String, u16) {
    let redirect = self.redirect_list.get(path);
    (&redirect.location, redirect.status_code)
}
