#[test_only]
module walrus::node_tests;

use sui::vec_map;
use walrus::{auth, extended_field, node_metadata};

#[test]
fun node_metadata_is_set_and_read() {
    let mut metadata = node_metadata::new(b"i".to_string(), b"p".to_string(), b"d".to_string());
    assert!(metadata.image_url() == b"i".to_string() && metadata.project_url() == b"p".to_string());
    metadata.set_image_url(b"1".to_string());
    metadata.set_project_url(b"2".to_string());
    metadata.set_description(b"3".to_string());
    let mut fields = vec_map::empty();
    fields.insert(b"k".to_string(), b"v".to_string());
    metadata.set_extra_fields(fields);
    assert!(metadata.image_url() == b"1".to_string() && metadata.project_url() == b"2".to_string());
    assert!(metadata.description() == b"3".to_string() && metadata.extra_fields().size() == 1);
}

#[test]
fun an_extended_field_holds_one_value() {
    let mut field = extended_field::new(1u64, &mut tx_context::dummy());
    assert!(field.borrow() == 1);
    *field.borrow_mut() = 2;
    assert!(field.swap(3) == 2);
    assert!(field.destroy() == 3);
}

#[test]
fun authorisation_names_an_address_or_an_object() {
    let ctx = &tx_context::dummy();
    auth::authenticate_sender(ctx);
    assert!(auth::authorized_address(@0x1) != auth::authorized_address(@0x2));
    assert!(
        auth::authorized_address(@0x1) != auth::authorized_object(object::id_from_address(@0x1)),
    );
}
