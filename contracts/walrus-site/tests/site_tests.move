/// Sites from their creation to their end.
#[test_only]
module walrus_site::site_tests;

use std::{string::String, unit_test::{assert_eq, destroy}};
use sui::{dynamic_field as df, event};
use walrus_site::{
    events::{SiteBurnedEvent, SiteCreatedEvent},
    metadata::{Self, Metadata},
    redirects,
    site::{Self, Resource, Site}
};

fun s(text: vector<u8>): String { text.to_string() }

fun some(text: vector<u8>): Option<String> { option::some(s(text)) }

fun about(): Metadata {
    metadata::new_metadata(
        some(b"link"),
        option::none(),
        some(b"about"),
        some(b"project"),
        some(b"me"),
    )
}

fun begin(): (Site, TxContext) {
    let mut ctx = tx_context::dummy();
    (site::new_site(s(b"mine"), about(), &mut ctx), ctx)
}

fun page(path: vector<u8>): Resource { site::new_resource(s(path), 7, 8, option::none()) }

#[test]
fun a_site_shows_its_metadata_and_changes_them() {
    let (mut site, _) = begin();
    assert_eq!(event::events_by_type<SiteCreatedEvent>().length(), 1);
    assert_eq!(site.get_site_name(), s(b"mine"));
    assert_eq!(site.get_site_link(), some(b"link"));
    assert_eq!(site.get_site_image_url(), option::none());
    assert_eq!(site.get_site_description(), some(b"about"));
    assert_eq!(site.get_site_project_url(), some(b"project"));
    assert_eq!(site.get_site_creator(), some(b"me"));
    let mut other = about();
    other.set_link(some(b"l"));
    other.set_image_url(some(b"i"));
    other.set_description(option::none());
    other.set_project_url(some(b"p"));
    other.set_creator(some(b"c"));
    site.update_metadata(other);
    site.update_name(s(b"other"));
    assert_eq!(site.get_site_name(), s(b"other"));
    assert_eq!(site.get_site_link(), other.link());
    assert_eq!(site.get_site_image_url(), other.image_url());
    assert_eq!(site.get_site_description(), other.description());
    assert_eq!(site.get_site_project_url(), other.project_url());
    assert_eq!(site.get_site_creator(), other.creator());
    site.burn();
    assert_eq!(event::events_by_type<SiteBurnedEvent>().length(), 1);
}

#[test]
fun resources_come_move_and_go() {
    let (mut site, _) = begin();
    let mut resource = page(b"/a");
    resource.add_header(s(b"link"), s(b"x"));
    site.add_resource(resource);
    site.move_resource(s(b"/a"), s(b"/b"));
    assert!(site.remove_resource_if_exists(s(b"/a")).is_none());
    destroy(site.remove_resource(s(b"/b")));
    assert!(site.remove_resource_if_exists(s(b"/b")).is_none());
    site.add_resource(page(b"/b"));
    assert!(site.remove_resource_if_exists(s(b"/b")).is_some());
    site.burn();
}

#[test, expected_failure(abort_code = df::EFieldAlreadyExists)]
fun a_path_has_one_resource() {
    let (mut site, _) = begin();
    site.add_resource(page(b"/a"));
    site.add_resource(page(b"/a"));
    abort 0
}

#[test, expected_failure(abort_code = df::EFieldDoesNotExist)]
fun what_is_not_there_is_not_removed() {
    let (mut site, _) = begin();
    site.remove_resource(s(b"/a"));
    abort 0
}

#[test]
fun ranges_have_a_bound() {
    assert!(site::new_range_option(option::none(), option::none()).is_none());
    assert!(site::new_range_option(option::some(5), option::none()).is_some());
    assert!(site::new_range_option(option::none(), option::some(5)).is_some());
    assert!(site::new_range_option(option::some(5), option::some(5)).is_some());
}

#[test, expected_failure(abort_code = site::EStartAndEndRangeAreNone)]
fun a_range_without_bounds_is_refused() { site::new_range(option::none(), option::none()); }

#[test, expected_failure(abort_code = site::ERangeStartGreaterThanRangeEnd)]
fun a_range_that_runs_backwards_is_refused() {
    site::new_range_option(option::some(6), option::some(5));
}

#[test]
fun routes_come_and_go() {
    let (mut site, _) = begin();
    assert!(site.remove_all_routes_if_exist().is_none());
    site.create_routes();
    site.fill_routes(vector[s(b"/*"), s(b"/x/*")], vector[s(b"/a"), s(b"/b")]);
    let (route, path) = site.remove_route(&s(b"/x/*"));
    assert_eq!(route, s(b"/x/*"));
    assert_eq!(path, s(b"/b"));
    site.insert_route(s(b"/y"), s(b"/c"));
    assert!(site.remove_all_routes_if_exist().is_some());
    site.burn();
}

#[test, expected_failure(abort_code = site::ERemoveRoutesFirst)]
fun a_site_with_routes_is_not_burned() {
    let (mut site, _) = begin();
    site.create_routes();
    site.burn();
}

#[test]
fun redirects_come_and_go() {
    let (mut site, _) = begin();
    assert!(site.take_redirects_if_exist().is_none());
    site.create_redirects();
    site.fill_redirects(vector[s(b"/a"), s(b"/b")], vector[s(b"/x"), s(b"/y")], vector[301, 308]);
    site.insert_redirect(s(b"/c"), s(b"/z"), 302);
    assert_eq!(site.redirects().length(), 3);
    let (location, status) = site.redirects().get(&s(b"/b"));
    assert_eq!(*location, s(b"/y"));
    assert_eq!(status, 308);
    let (path, location, status) = site.remove_redirect(&s(b"/a"));
    assert_eq!(path, s(b"/a"));
    assert_eq!(location, s(b"/x"));
    assert_eq!(status, 301);
    destroy(site.take_redirects());
    site.set_redirects(redirects::filled(vector[s(b"/a")], vector[s(b"/b")], vector[303]));
    assert!(site.take_redirects_if_exist().is_some());
    site.burn();
}

#[test, expected_failure(abort_code = site::ERemoveRedirectsFirst)]
fun a_site_with_redirects_is_not_burned() {
    let (mut site, _) = begin();
    site.create_redirects();
    site.burn();
}

#[test, expected_failure(abort_code = redirects::EInvalidRedirectStatusCode)]
fun other_statuses_are_no_redirects() { redirects::empty().insert(s(b"/a"), s(b"/b"), 304); }

#[test, expected_failure(abort_code = redirects::ELocationsLength)]
fun redirects_need_locations() { redirects::filled(vector[s(b"/a")], vector[], vector[301]); }

#[test, expected_failure(abort_code = redirects::EStatusCodesLengths)]
fun redirects_need_statuses() { redirects::filled(vector[s(b"/a")], vector[s(b"/b")], vector[]); }
