/// Names such as `alice.sui`, in parts.
module suins::domain;

use std::string::String;

/// The text is no name.
const EInvalidDomain: u64 = 0;

/// Bytes in the whole name.
const MAX_DOMAIN_LENGTH: u64 = 235;
/// Bytes between two dots.
const MIN_LABEL_LENGTH: u64 = 1;
const MAX_LABEL_LENGTH: u64 = 63;

const DOT: u8 = 0x2E;

/// The last label comes first: `alice.sui` is `["sui", "alice"]`.
public struct Domain has copy, drop, store { labels: vector<String> }

/// Aborts unless each label has 1 to 63 of `a-z`, `0-9` and, inside, `-`.
public fun new(domain: String): Domain {
    assert!(domain.length() <= MAX_DOMAIN_LENGTH, EInvalidDomain);
    let mut labels = split_by_dot(domain);
    validate_labels(&labels);
    labels.reverse();
    Domain { labels }
}

public fun to_string(self: &Domain): String {
    let count = self.labels.length();
    let mut text = vector[];
    count.do!(|i| {
        if (i > 0) text.push_back(DOT);
        text.append(*self.labels[count - 1 - i].as_bytes());
    });
    text.to_string()
}

/// Counted from the end: 0 is `sui`.
public fun label(self: &Domain, level: u64): &String { &self.labels[level] }

/// `sui`.
public fun tld(self: &Domain): &String { self.label(0) }

/// `alice` of `alice.sui` and of `home.alice.sui`.
public fun sld(self: &Domain): &String { self.label(1) }

public fun number_of_levels(self: &Domain): u64 { self.labels.length() }

/// Whether it is below another name that can be registered.
public fun is_subdomain(domain: &Domain): bool { domain.number_of_levels() > 2 }

/// Without the first label.
public fun parent(domain: &Domain): Domain {
    let mut labels = domain.labels;
    labels.pop_back();
    Domain { labels }
}

public fun is_parent_of(parent: &Domain, child: &Domain): bool {
    parent.number_of_levels() < child.number_of_levels() && &child.parent() == parent
}

fun validate_labels(labels: &vector<String>) {
    assert!(!labels.is_empty(), EInvalidDomain);
    labels.do_ref!(|label| assert!(is_valid_label(label), EInvalidDomain))
}

fun is_valid_label(label: &String): bool {
    let bytes = label.as_bytes();
    let count = bytes.length();
    if (count < MIN_LABEL_LENGTH || count > MAX_LABEL_LENGTH) return false;
    let mut i = 0;
    while (i < count) {
        let byte = bytes[i];
        let letter = byte >= 0x61 && byte <= 0x7A;
        let digit = byte >= 0x30 && byte <= 0x39;
        let hyphen = byte == 0x2D && i != 0 && i + 1 != count;
        if (!letter && !digit && !hyphen) return false;
        i = i + 1;
    };
    true
}

fun split_by_dot(s: String): vector<String> {
    let mut labels = vector[];
    let mut label = vector[];
    s.into_bytes().do!(|byte| {
        if (byte == DOT) {
            labels.push_back(label.to_string());
            label = vector[];
        } else {
            label.push_back(byte);
        }
    });
    labels.push_back(label.to_string());
    labels
}
