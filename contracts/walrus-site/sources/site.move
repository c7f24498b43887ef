/// A web site: paths, each with its headers and where on Walrus its bytes lie. Whoever holds the object
/// changes it; portals read it.
module walrus_site::site;

use std::string::String;
use sui::{
    display::{Self, Display},
    dynamic_field as df,
    package::{Self, Publisher},
    vec_map::{Self, VecMap}
};
use suins::{controller, suins::SuiNS};
use walrus_site::{events, metadata::Metadata, redirects::{Self, Redirects, redirects_field}};

/// A range ends before it starts.
const ERangeStartGreaterThanRangeEnd: u64 = 1;
/// A range without bounds is none.
const EStartAndEndRangeAreNone: u64 = 2;
/// A site with redirects cannot be burned.
const ERemoveRedirectsFirst: u64 = 3;
/// A site with routes cannot be burned.
const ERemoveRoutesFirst: u64 = 4;

const ROUTES_FIELD: vector<u8> = b"routes";

public struct SITE has drop {}

public struct Site has key, store {
    id: UID,
    name: String,
    link: Option<String>,
    image_url: Option<String>,
    description: Option<String>,
    project_url: Option<String>,
    creator: Option<String>,
}

/// The value of the dynamic field that its path names.
public struct Resource has drop, store {
    path: String,
    headers: VecMap<String, String>,
    blob_id: u256,
    /// SHA-256 of what is served, its first byte the lowest.
    blob_hash: u256,
    range: Option<Range>,
}

/// Bytes of a blob, both bounds inclusive.
public struct Range has drop, store { start: Option<u64>, end: Option<u64> }

public struct ResourcePath has copy, drop, store { path: String }

/// Path patterns and the resources that answer for them.
public struct Routes has drop, store { route_list: VecMap<String, String> }

fun init(otw: SITE, ctx: &mut TxContext) {
    let publisher = package::claim(otw, ctx);
    let display = init_site_display(&publisher, ctx);
    transfer::public_transfer(display, ctx.sender());
    transfer::public_transfer(publisher, ctx.sender());
}

// === Sites ===

public fun new_site(name: String, metadata: Metadata, ctx: &mut TxContext): Site {
    let id = object::new(ctx);
    events::emit_site_created(id.to_inner());
    Site {
        id,
        name,
        link: metadata.link(),
        image_url: metadata.image_url(),
        description: metadata.description(),
        project_url: metadata.project_url(),
        creator: metadata.creator(),
    }
}

public fun update_name(self: &mut Site, new_name: String) { self.name = new_name }

public fun update_metadata(self: &mut Site, metadata: Metadata) {
    self.link = metadata.link();
    self.image_url = metadata.image_url();
    self.description = metadata.description();
    self.project_url = metadata.project_url();
    self.creator = metadata.creator();
}

/// Resources that were not removed before are out of reach afterwards.
public fun burn(site: Site) {
    let Site { id, .. } = site;
    assert!(!df::exists_(&id, redirects_field!()), ERemoveRedirectsFirst);
    assert!(!df::exists_(&id, ROUTES_FIELD), ERemoveRoutesFirst);
    events::emit_site_burned(id.to_inner());
    id.delete()
}

/// Makes a name that stands for the site the site's own.
public fun set_suins_reverse_lookup(self: &mut Site, suins: &mut SuiNS, domain_name: String) {
    controller::set_object_reverse_lookup(suins, &mut self.id, domain_name)
}

// === Resources ===

public fun new_range_option(range_start: Option<u64>, range_end: Option<u64>): Option<Range> {
    if (range_start.is_none() && range_end.is_none()) return option::none();
    option::some(new_range(range_start, range_end))
}

public fun new_range(range_start: Option<u64>, range_end: Option<u64>): Range {
    assert!(range_start.is_some() || range_end.is_some(), EStartAndEndRangeAreNone);
    if (range_start.is_some() && range_end.is_some()) {
        assert!(*range_start.borrow() <= *range_end.borrow(), ERangeStartGreaterThanRangeEnd)
    };
    Range { start: range_start, end: range_end }
}

public fun new_resource(
    path: String,
    blob_id: u256,
    blob_hash: u256,
    range: Option<Range>,
): Resource {
    Resource { path, headers: vec_map::empty(), blob_id, blob_hash, range }
}

public fun add_header(resource: &mut Resource, name: String, value: String) {
    resource.headers.insert(name, value)
}

fun new_path(path: String): ResourcePath { ResourcePath { path } }

public fun add_resource(self: &mut Site, resource: Resource) {
    df::add(&mut self.id, new_path(resource.path), resource)
}

public fun remove_resource(self: &mut Site, path: String): Resource {
    df::remove(&mut self.id, new_path(path))
}

public fun remove_resource_if_exists(self: &mut Site, path: String): Option<Resource> {
    df::remove_if_exists(&mut self.id, new_path(path))
}

public fun move_resource(self: &mut Site, old_path: String, new_path: String) {
    let mut resource = self.remove_resource(old_path);
    resource.path = new_path;
    self.add_resource(resource)
}

// === Routes ===

fun new_routes(): Routes { Routes { route_list: vec_map::empty() } }

fun routes_insert(routes: &mut Routes, route: String, resource_path: String) {
    routes.route_list.insert(route, resource_path)
}

fun routes_remove(routes: &mut Routes, route: &String): (String, String) {
    routes.route_list.remove(route)
}

public fun create_routes(self: &mut Site) { df::add(&mut self.id, ROUTES_FIELD, new_routes()) }

public fun fill_routes(
    self: &mut Site,
    mut routes: vector<String>,
    mut resource_paths: vector<String>,
) {
    while (!routes.is_empty()) {
        self.insert_route(routes.pop_back(), resource_paths.pop_back())
    }
}

public fun remove_all_routes_if_exist(self: &mut Site): Option<Routes> {
    df::remove_if_exists(&mut self.id, ROUTES_FIELD)
}

public fun insert_route(self: &mut Site, route: String, resource_path: String) {
    routes_insert(df::borrow_mut(&mut self.id, ROUTES_FIELD), route, resource_path)
}

public fun remove_route(self: &mut Site, route: &String): (String, String) {
    routes_remove(df::borrow_mut(&mut self.id, ROUTES_FIELD), route)
}

// === Redirects ===

public fun redirects(self: &Site): &Redirects { df::borrow(&self.id, redirects_field!()) }

fun redirects_mut(self: &mut Site): &mut Redirects {
    df::borrow_mut(&mut self.id, redirects_field!())
}

public fun create_redirects(self: &mut Site) { self.set_redirects(redirects::empty()) }

public fun set_redirects(self: &mut Site, redirects: Redirects) {
    df::add(&mut self.id, redirects_field!(), redirects)
}

public fun fill_redirects(
    self: &mut Site,
    paths: vector<String>,
    locations: vector<String>,
    status_codes: vector<u16>,
) {
    self.redirects_mut().fill(paths, locations, status_codes)
}

public fun take_redirects(self: &mut Site): Redirects {
    df::remove(&mut self.id, redirects_field!())
}

public fun take_redirects_if_exist(self: &mut Site): Option<Redirects> {
    df::remove_if_exists(&mut self.id, redirects_field!())
}

public fun insert_redirect(self: &mut Site, path: String, location: String, status_code: u16) {
    self.redirects_mut().insert(path, location, status_code)
}

public fun remove_redirect(self: &mut Site, path: &String): (String, String, u16) {
    self.redirects_mut().remove(path)
}

// === What is shown ===

fun init_site_display(publisher: &Publisher, ctx: &mut TxContext): Display<Site> {
    let fields = vector[b"name", b"link", b"image_url", b"description", b"project_url", b"creator"];
    let values = fields.map_ref!(|field| {
        let mut value = b"{".to_string();
        value.append((*field).to_string());
        value.append(b"}".to_string());
        value
    });
    let names = fields.map!(|field| field.to_string());
    let mut display = display::new_with_fields<Site>(publisher, names, values, ctx);
    display.update_version();
    display
}

public fun get_site_name(site: &Site): String { site.name }

public fun get_site_link(site: &Site): Option<String> { site.link }

public fun get_site_image_url(site: &Site): Option<String> { site.image_url }

public fun get_site_description(site: &Site): Option<String> { site.description }

public fun get_site_project_url(site: &Site): Option<String> { site.project_url }

public fun get_site_creator(site: &Site): Option<String> { site.creator }

public(package) fun uid_mut(self: &mut Site): &mut UID { &mut self.id }
