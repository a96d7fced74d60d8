use std::net::IpAddr;

use super::*;

fn class(text: &str) -> AddressClass {
    AddressClass::of(text.parse::<IpAddr>().expect(text))
}

#[test]
fn every_row_has_its_class() {
    for (text, expected) in [
        ("8.8.8.8", AddressClass::Public),
        ("0.0.0.0", AddressClass::Loopback),
        ("0.1.2.3", AddressClass::Loopback),
        ("127.9.9.9", AddressClass::Loopback),
        ("10.20.0.5", AddressClass::Private),
        ("172.31.255.255", AddressClass::Private),
        ("172.32.0.0", AddressClass::Public),
        ("100.64.0.1", AddressClass::Private),
        ("100.100.100.200", AddressClass::Metadata),
        ("169.254.1.1", AddressClass::LinkLocal),
        ("169.254.169.254", AddressClass::Metadata),
        ("203.0.113.9", AddressClass::Reserved),
        ("192.0.0.9", AddressClass::Reserved),
        ("192.0.0.8", AddressClass::Reserved),
        ("224.0.0.1", AddressClass::Multicast),
        ("255.255.255.255", AddressClass::Multicast),
        ("250.0.0.1", AddressClass::Reserved),
        ("::", AddressClass::Loopback),
        ("::1", AddressClass::Loopback),
        ("fe80::1", AddressClass::LinkLocal),
        ("fd12::1", AddressClass::Private),
        ("fd00:ec2::254", AddressClass::Metadata),
        ("ff02::1", AddressClass::Multicast),
        ("2001:db8::1", AddressClass::Reserved),
        ("2606:4700::1111", AddressClass::Public),
        ("4000::1", AddressClass::Reserved),
        ("192.175.48.1", AddressClass::Reserved),
        ("2001:4:112::1", AddressClass::Reserved),
        ("2620:4f:8000::1", AddressClass::Reserved),
    ] {
        assert_eq!(class(text), expected, "{text}");
    }
}

#[test]
fn an_embedded_address_decides() {
    for text in [
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "2001:0:1:2:3:4:5601:5601",
    ] {
        assert_eq!(class(text), AddressClass::Metadata, "{text}");
    }
    assert_eq!(class("::ffff:8.8.8.8"), AddressClass::Public);
    assert_eq!(class("64:ff9b::808:808"), AddressClass::Public);
    assert_eq!(class("2002:808:808::1"), AddressClass::Public);
    assert_eq!(class("::ffff:127.0.0.1"), AddressClass::Loopback);
}

#[test]
fn inet_aton_reads_what_glibc_reads() {
    let read = |text| inet_aton(text).map(|a| a.to_string());
    assert_eq!(read("127.1").as_deref(), Some("127.0.0.1"));
    assert_eq!(read("0x7f.1").as_deref(), Some("127.0.0.1"));
    assert_eq!(read("2130706433").as_deref(), Some("127.0.0.1"));
    assert_eq!(read("017700000001").as_deref(), Some("127.0.0.1"));
    assert_eq!(read("169.254.43518").as_deref(), Some("169.254.169.254"));
    assert_eq!(read("0").as_deref(), Some("0.0.0.0"));
    for text in ["", "256.1.1.1", "1.2.3.4.5", "4294967296", "08", "0x", "1..2", "+1", "1.2.3.256", "a"] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn what_overflows_is_read_as_its_low_bits() {
    let read = |text| loose_v4(text).map(|a| a.to_string());
    for text in ["425.510.425.510", "7147006462", "0x41414141a9fea9fe", "0251.0376.425.254", "169.254.109054"] {
        assert_eq!(read(text).as_deref(), Some("169.254.169.254"), "{text}");
    }
    for text in ["o177.0.0.1", "0o177.0.0.1", "q177.0.0.1", "0b1111111.0.0.1"] {
        assert_eq!(read(text).as_deref(), Some("127.0.0.1"), "{text}");
    }
    for text in ["", "a", "1.2.3.4.5", "1..2", "example.com", "08x", "0x", "b.1", "127.0.0.1", "2130706433"] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn a_future_version_holds_an_address() {
    assert_eq!(ipv_future("v1.fe80::a"), "fe80::a".parse().ok());
    assert!(["v1.example.com", "v.::1", "vx.::1", "fe80::a", "v1"].into_iter().all(|text| ipv_future(text).is_none()));
}

#[test]
fn the_operator_corrects_the_registries() {
    let book = AddressBook {
        public: vec!["203.0.113.0/24".parse().unwrap(), "127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()],
        internal: vec!["203.0.113.128/25".parse().unwrap(), "198.18.0.0/15".parse().unwrap()],
        internal_names: vec!["*.corp.example".parse().unwrap()],
    };
    let class = |text: &str| book.class_of(text.parse().unwrap());
    assert_eq!(class("203.0.113.9"), AddressClass::Public);
    assert_eq!(class("203.0.113.200"), AddressClass::Private);
    assert_eq!(class("198.18.0.1"), AddressClass::Private);
    assert_eq!(class("127.0.0.1"), AddressClass::Loopback, "public never overrides loopback");
    assert_eq!(
        class("::ffff:10.1.1.1"),
        AddressClass::Public,
        "the longest prefix is looked up for the address inside"
    );
    for (translated, expected) in [
        ("64:ff9b::cb00:7109", AddressClass::Public),
        ("64:ff9b::cb00:71c8", AddressClass::Private),
        ("2002:c612:1::1", AddressClass::Private),
        ("64:ff9b::7f00:1", AddressClass::Loopback),
    ] {
        assert_eq!(class(translated), expected, "{translated}");
    }
    assert_eq!(book.class_of_name("wiki.corp.example"), Some(AddressClass::Private));
    assert_eq!(book.class_of_name("corp.example"), None);
    assert_eq!(book.class_of_name("localhost"), Some(AddressClass::Loopback));
    assert_eq!(book.class_of_name("app.203.0.113.200.nip.io"), Some(AddressClass::Private));
    assert_eq!(book.class_of_name("app.203.0.113.9.nip.io"), None);
    assert_eq!(book.class_of_name("billing.internal"), None, "its addresses tell");
}

#[test]
fn name_patterns_are_checked() {
    for text in ["", "*", "*.", "a..b", "a b", "*.*.example"] {
        assert!(text.parse::<NamePattern>().is_err(), "{text}");
    }
}
