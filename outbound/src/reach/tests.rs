use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(addresses: &[&str], public: bool, private: bool) {
    for text in addresses {
        let address: IpAddr = text.parse().unwrap();
        assert_eq!(may_reach(Reach::Public, address), public, "public: {text}");
        assert_eq!(may_reach(Reach::Private, address), private, "private: {text}");
    }
}

#[test]
fn metadata_is_refused_in_every_spelling() {
    check(
        &[
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "::ffff:0:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "64:ff9b:1:a9fe:a9:fe00::",
            "64:ff9b:1:a9:fe:a9fe::",
            "64:ff9b:1:0:a9:fea9:fe00:0",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "fd00:c1::a9fe:a9fe",
            "100.100.100.200",
            "169.254.170.2",
            "169.254.170.23",
        ],
        false,
        false,
    );
}

#[test]
fn local_and_special_addresses_need_an_entry_that_says_so() {
    check(
        &["127.0.0.1", "127.255.255.254", "::1", "::", "0.0.0.0", "0.1.2.3", "::ffff:127.0.0.1", "::127.0.0.1"],
        false,
        true,
    );
    check(&["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255"], false, true);
    check(&["169.254.0.1", "fe80::1", "febf::1", "fc00::1", "fdff::1", "fec0::1"], false, true);
    check(&["224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "ff02::1"], false, true);
    check(&["192.0.0.1", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1"], false, true);
    check(&["2001:db8::1", "3fff::1", "2001::1", "2001:2::1", "100::1", "5f00::1", "4000::1"], false, true);
    // Of a network's own NAT64, whatever its last 32 bits look like.
    check(&["64:ff9b:1:7f00:0:100:808:808", "64:ff9b:1:a00:0:100:101:101", "64:ff9b:1::808:808"], false, true);
    check(&["2002:7f00:1::", "2002:c0a8:101::1", "64:ff9b::10.0.0.1", "64:ff9b:1::c0a8:101"], false, true);
}

#[test]
fn neighbours_of_special_networks_are_public() {
    check(&["9.255.255.255", "11.0.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0"], true, true);
    check(
        &["172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0", "192.167.255.255", "192.169.0.0"],
        true,
        true,
    );
    check(&["1.1.1.1", "223.255.255.255", "198.17.255.255", "198.20.0.0", "93.184.215.14"], true, true);
    check(
        &["2606:4700:4700::1111", "2001:200::1", "2a00:1450:4001::1", "64:ff9b::1.1.1.1", "::ffff:1.1.1.1"],
        true,
        true,
    );
}

/// What the standard library says for sure of an IPv4 address.
fn std_says_local(address: Ipv4Addr) -> bool {
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_unspecified()
}

proptest! {
    #[test]
    fn what_std_calls_local_is_never_public(bits: u32, network in 0_usize..5, low: u32) {
        let networks = [0x0a00_0000_u32, 0xac10_0000, 0xc0a8_0000, 0x7f00_0000, 0xa9fe_0000];
        for bits in [bits, networks[network] | (low & 0xffff)] {
            let address = Ipv4Addr::from(bits);
            if std_says_local(address) {
                prop_assert!(!may_reach(Reach::Public, address.into()), "{}", address);
            }
        }
    }

    #[test]
    fn every_form_of_an_ipv4_address_is_judged_alike(bits in prop_oneof![any::<u32>(), 0xa9fe_a9f0_u32..0xa9fe_aa00]) {
        prop_assume!(bits > 1);
        let v4 = Ipv4Addr::from(bits);
        let (high, low) = ((bits >> 16) as u16, bits as u16);
        let forms = [
            v4.to_ipv6_mapped(),
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
        ];
        for reach in [Reach::Public, Reach::Private] {
            for form in forms {
                prop_assert_eq!(may_reach(reach, v4.into()), may_reach(reach, form.into()), "{:?} {}", reach, form);
            }
        }
    }

    #[test]
    fn what_is_public_is_a_part_of_what_is_private(bits: u128) {
        let addresses = [IpAddr::V6(bits.into()), IpAddr::V4((bits as u32).into())];
        for address in addresses {
            prop_assert!(!may_reach(Reach::Public, address) || may_reach(Reach::Private, address));
        }
    }

    #[test]
    fn public_ipv6_is_global_unicast(bits: u128) {
        let address = Ipv6Addr::from(bits);
        let local = address.is_unique_local() || address.is_unicast_link_local() || address.is_multicast();
        prop_assert!(!local || !may_reach(Reach::Public, address.into()));
    }
}
