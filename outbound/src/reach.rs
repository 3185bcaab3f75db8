//! Which addresses may be reached. Pure: the judgement that everything else here leads to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a client may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Addresses of the public internet alone, over https alone. For whatever a request or a service elsewhere names.
    Public,
    /// Local addresses too, and plain http. Only for an entry whose administrator has said that local addresses are
    /// meant. The metadata services of clouds are refused all the same: they hand out the machine's own credentials.
    Private,
}

/// Tells whether an address may be connected to.
///
/// For [`Reach::Public`]: what the IANA special-purpose registries (RFC 6890 and its updates) call globally reachable.
/// An IPv4 address inside an IPv6 one (mapped, compatible, translated, NAT64, 6to4) is judged as that IPv4 address.
///
/// A network's own NAT64 (`64:ff9b:1::/48`, RFC 8215) is not public, whatever address is in it: where that is, only the
/// network knows.
pub fn may_reach(reach: Reach, address: IpAddr) -> bool {
    if let IpAddr::V6(v6) = address
        && let [0x64, 0xff9b, 1, ..] = v6.segments()
    {
        return reach == Reach::Private && !own_nat64(v6).iter().any(|inside| METADATA_V4.contains(inside));
    }
    let address = plain(address);
    let is_metadata = match address {
        IpAddr::V4(address) => METADATA_V4.contains(&address),
        IpAddr::V6(address) => METADATA_V6.contains(&address),
    };
    if is_metadata {
        return false;
    }
    match (reach, address) {
        (Reach::Private, _) => true,
        (Reach::Public, IpAddr::V4(address)) => is_public_v4(address),
        (Reach::Public, IpAddr::V6(address)) => is_public_v6(address),
    }
}

/// Returns the IPv4 address that an IPv6 one stands for, else the address itself.
fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let last = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match v6.segments() {
        // `::` and `::1` are addresses of their own.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => address,
        // Compatible, mapped, translated (RFC 4291 and 2765), NAT64 (RFC 6052).
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => last(high, low),
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => last(high, low),
        _ => address,
    }
}

/// Returns the IPv4 addresses that one of a network's own NAT64 may stand for: those of prefixes of 48, 56, 64 and 96 bits
/// (RFC 6052, section 2.2; the byte at 8 is in none).
fn own_nat64(address: Ipv6Addr) -> [Ipv4Addr; 4] {
    let [_, _, _, _, _, _, a, b, _, c, d, e, f, g, h, i] = address.octets();
    [Ipv4Addr::new(a, b, c, d), Ipv4Addr::new(b, c, d, e), Ipv4Addr::new(c, d, e, f), Ipv4Addr::new(f, g, h, i)]
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    !SPECIAL_V4.iter().any(|(network, length)| bits >> (32 - length) == u32::from(*network) >> (32 - length))
}

/// Global unicast is `2000::/3` alone; in it, some networks are set aside.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let bits = u128::from(address);
    let within = |network: Ipv6Addr, length: u32| bits >> (128 - length) == u128::from(network) >> (128 - length);
    within(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)
        && !SPECIAL_V6.iter().any(|(network, length)| within(*network, *length))
}

/// Where clouds answer their own machines: with credentials, among others. Amazon and most others, Amazon's containers
/// and pods, Tencent, Alibaba, Oracle, Azure.
const METADATA_V4: [Ipv4Addr; 7] = [
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(169, 254, 170, 23),
    Ipv4Addr::new(169, 254, 0, 23),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(168, 63, 129, 16),
];
/// Amazon, its pods, Google, Oracle.
const METADATA_V6: [Ipv6Addr; 4] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe),
];

/// IPv4 networks that are not public: IANA's special-purpose registry, and multicast.
const SPECIAL_V4: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast, reserved, broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// Networks within `2000::/3` that are not public: protocol assignments with Teredo and benchmarks, documentation.
const SPECIAL_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

#[cfg(test)]
mod tests;
