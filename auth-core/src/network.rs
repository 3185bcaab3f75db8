//! What counts as one address.

use core::net::{IpAddr, Ipv6Addr};

/// Returns what counts as one address where things are bounded by address: of IPv6 the half that a household gets (a /64),
/// with the rest zero; `::ffff:a.b.c.d` is the IPv4 address.
pub fn network_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
        ip => ip,
    }
}
