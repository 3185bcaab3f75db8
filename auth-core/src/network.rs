//! Ranges of addresses, and what counts as one address.

use alloc::{format, string::String};
use core::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// Returns what counts as one address where things are bounded by address: of IPv6 the half that a household gets (a /64),
/// with the rest zero; `::ffff:a.b.c.d` is the IPv4 address.
pub fn network_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
        ip => ip,
    }
}

/// A range of addresses, such as `10.0.0.0/8` or `::1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Returns what counts as one address: see [`network_of`].
    pub fn of(ip: IpAddr) -> Self {
        let address = network_of(ip);
        Self { address, prefix: if address.is_ipv4() { 32 } else { 64 } }
    }

    /// Tells whether an address is in the range. `::ffff:a.b.c.d` counts as the IPv4 address.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let cut = |address: IpAddr| match address.to_canonical() {
            IpAddr::V4(address) => (4, u128::from(address.to_bits()) >> (32 - u32::from(self.prefix.min(32)))),
            IpAddr::V6(address) => (6, address.to_bits().checked_shr(128 - u32::from(self.prefix)).unwrap_or(0)),
        };
        cut(self.address) == cut(ip)
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is no address and no network such as 10.0.0.0/8");
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u8>().map_err(|_| bad())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(bits);
        if prefix > bits {
            return Err(bad());
        }
        // `::ffff:a.b.c.d` is the IPv4 address wherever addresses are compared.
        let (address, prefix) = match address.to_canonical() {
            canonical @ IpAddr::V4(_) if address.is_ipv6() => (canonical, prefix.checked_sub(96).ok_or_else(bad)?),
            _ => (address, prefix),
        };
        let network = Self { address, prefix };
        let rest = match address {
            IpAddr::V4(address) => u128::from(address.to_bits() & !mask_v4(prefix)),
            IpAddr::V6(address) => address.to_bits() & !mask_v6(prefix),
        };
        // A typing mistake would trust others than were meant.
        if rest != 0 {
            let start = match address {
                IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask_v4(prefix))),
                IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask_v6(prefix))),
            };
            return Err(format!("`{text}` has host bits set: {start}/{prefix} is the network"));
        }
        Ok(network)
    }
}

fn mask_v4(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)
}

fn mask_v6(prefix: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0)
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn networks_are_read_and_contain() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("0.0.0.0/0", "1.2.3.4", "::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::/0", "::1", "1.2.3.4"),
            ("::1/128", "::1", "::2"),
            ("::ffff:203.0.113.0/120", "203.0.113.9", "203.0.114.1"),
            ("::ffff:203.0.113.9", "::ffff:203.0.113.9", "203.0.113.8"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(
                network.contains(inside.parse().unwrap()) && !network.contains(outside.parse().unwrap()),
                "{network}"
            );
            assert_eq!(network.to_string().parse(), Ok(network));
        }
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "a/8", "10.0.0.0/x", "10.0.0.0/-1"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
        let slip = "10.0.0.1/8".parse::<Network>().unwrap_err();
        assert_eq!(slip, "`10.0.0.1/8` has host bits set: 10.0.0.0/8 is the network");
        let slip = "2001:db8:1:2::3/33".parse::<Network>().unwrap_err();
        assert_eq!(slip, "`2001:db8:1:2::3/33` has host bits set: 2001:db8::/33 is the network");
    }

    #[test]
    fn a_household_counts_as_one_address() {
        for (one, other, is_same) in [
            ("2001:db8:1:2::3", "2001:db8:1:2:ffff:ffff:ffff:ffff", true),
            ("2001:db8:1:2::3", "2001:db8:1:3::3", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.6", false),
            ("192.0.2.7", "::ffff:192.0.2.7", true),
            ("::ffff:192.0.2.7", "::ffff:192.0.2.6", false),
        ] {
            let [one, other]: [IpAddr; 2] = [one, other].map(|ip| ip.parse().unwrap());
            assert_eq!(network_of(one) == network_of(other), is_same, "{one} {other}");
            assert_eq!(Network::of(one).contains(other), is_same, "{one} {other}");
            assert!(Network::of(one).contains(one) && network_of(one) == network_of(network_of(one)), "{one}");
        }
        assert_eq!(Network::of("2001:db8:1:2::3".parse().unwrap()).to_string(), "2001:db8:1:2::/64");
    }
}
