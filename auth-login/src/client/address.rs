//! Which addresses are of this network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Tells whether an address is loopback, private or link-local, also when IPv6 carries it as `::ffff:…`.
///
/// 127/8, 10/8, 172.16/12, 192.168/16, 169.254/16, ::1, fc00::/7 and fe80::/10: what Home Assistant calls local.
/// Unlike there, 169.254/16 counts in its IPv4-mapped form too. Any other way to wrap an IPv4 address (6to4, NAT64,
/// IPv4-compatible) is not local.
pub fn is_local(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_local_v4(v4),
        IpAddr::V6(v6) => is_local_v6(v6),
    }
}

fn is_local_v4(v4: Ipv4Addr) -> bool {
    v4.is_loopback() || v4.is_private() || v4.is_link_local()
}

fn is_local_v6(v6: Ipv6Addr) -> bool {
    v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: bool) {
        assert_eq!(is_local(address.parse().unwrap()), expected, "{address}");
    }

    #[test]
    fn local_is_loopback_private_and_link_local() {
        for local in [
            "127.0.0.1",
            "127.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.1.1",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:192.168.1.1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "febf::1",
        ] {
            check(local, true);
        }
        for remote in [
            "0.0.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "100.64.0.1",
            "8.8.8.8",
            "::",
            "::2",
            "::127.0.0.1",
            "::ffff:8.8.8.8",
            "fbff::1",
            "fe00::1",
            "fec0::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
            "ff02::1",
        ] {
            check(remote, false);
        }
    }
}
