//! Cloud metadata endpoints.
//!
//! Sources: the providers' public documentation (AWS IMDS and ECS task metadata, Google Cloud, Azure
//! IMDS and WireServer, Oracle Cloud, Alibaba Cloud, Tencent Cloud, IBM Cloud, Scaleway, DigitalOcean,
//! Hetzner, Equinix Metal, Rancher, OpenStack), read 2026-11.

use std::net::{Ipv4Addr, Ipv6Addr};

const V4: [Ipv4Addr; 9] = [
    Ipv4Addr::new(169, 254, 169, 254), // AWS, Google Cloud, Azure, Oracle, DigitalOcean, Hetzner, OpenStack
    Ipv4Addr::new(169, 254, 170, 2),   // AWS ECS task metadata and credentials
    Ipv4Addr::new(169, 254, 170, 23),  // AWS EKS pod identity
    Ipv4Addr::new(169, 254, 169, 123), // AWS time and NTP on the same link
    Ipv4Addr::new(169, 254, 0, 23),    // Tencent Cloud
    Ipv4Addr::new(169, 254, 42, 42),   // Scaleway
    Ipv4Addr::new(100, 100, 100, 200), // Alibaba Cloud
    Ipv4Addr::new(168, 63, 129, 16),   // Azure WireServer
    Ipv4Addr::new(192, 0, 0, 192),     // Oracle Cloud classic
];

const V6: [Ipv6Addr; 6] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),      // AWS IMDS
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),       // AWS EKS pod identity
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),       // Google Cloud
    Ipv6Addr::new(0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe), // Oracle Cloud
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),        // Scaleway
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe),    // OpenStack
];

const NAMES: [&str; 10] = [
    "metadata.google.internal",
    "metadata.goog",
    "instance-data",
    "instance-data.ec2.internal",
    "metadata.tencentyun.com",
    "api.metadata.cloud.ibm.com",
    "metadata.packet.net",
    "metadata.platformequinix.com",
    "rancher-metadata",
    "rancher-metadata.rancher.internal",
];

pub(super) fn is_metadata_v4(address: Ipv4Addr) -> bool {
    V4.contains(&address)
}

pub(super) fn is_metadata_v6(address: Ipv6Addr) -> bool {
    V6.contains(&address)
}

/// Whether a name (lower case, no trailing dot) is a provider's name for its metadata endpoint.
pub fn is_metadata_name(name: &str) -> bool {
    NAMES.contains(&name)
}
