use proptest::prelude::*;

use super::*;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_800_000_000 + secs)
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn name(text: &str) -> Username {
    Username::normalise(text)
}

fn fail(book: &mut Throttle, times: u32, account: &str, from: &str, now: Timestamp) {
    for _ in 0..times {
        book.failed(Some(&name(account)), ip(from), now);
    }
}

#[track_caller]
fn check(book: &mut Throttle, account: &str, from: &str, now: Timestamp, expected: u32) {
    let wait = book.check(Some(&name(account)), ip(from), now).map_or_else(|retry| retry.secs, |()| 0);
    assert_eq!(wait, expected, "{account} from {from}");
}

#[test]
fn five_are_free_then_waits_double_up_to_a_quarter_of_an_hour() {
    let mut book = Throttle::new();
    let mut now = at(0);
    for expected in [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900] {
        fail(&mut book, 1, "ann", "192.0.2.1", now);
        check(&mut book, "ann", "192.0.2.1", now, expected);
        now = now.plus_secs(expected.into());
        check(&mut book, "ann", "192.0.2.1", now, 0);
    }
    fail(&mut book, 60, "ann", "192.0.2.1", now);
    check(&mut book, "ann", "192.0.2.1", now, 900);
}

#[test]
fn waits_are_rounded_up() {
    let mut book = Throttle::new();
    fail(&mut book, 7, "ann", "192.0.2.1", at(0));
    check(&mut book, "ann", "192.0.2.1", Timestamp::from_micros(at(0).as_micros() + 1), 2);
    check(&mut book, "ann", "192.0.2.1", Timestamp::from_micros(at(2).as_micros() - 1), 1);
    check(&mut book, "ann", "192.0.2.1", at(2), 0);
}

#[test]
fn an_address_waits_for_every_account_and_others_do_not() {
    let mut book = Throttle::new();
    for account in ["a", "b", "c", "d", "e", "f"] {
        fail(&mut book, 1, account, "192.0.2.1", at(0));
    }
    check(&mut book, "ann", "192.0.2.1", at(0), 1);
    assert!(book.check(None, ip("192.0.2.1"), at(0)).is_err());
    check(&mut book, "a", "192.0.2.2", at(0), 0);
}

#[test]
fn a_stranger_cannot_lock_the_owner_out() {
    let mut book = Throttle::new();
    fail(&mut book, 50, "ann", "192.0.2.1", at(0));
    check(&mut book, "ann", "192.0.2.1", at(0), 900);
    check(&mut book, "ann", "198.51.100.7", at(0), 0);
}

#[test]
fn many_strangers_slow_new_places_down_but_not_known_ones() {
    let mut book = Throttle::new();
    book.succeeded(Some(&name("ann")), ip("10.0.0.2"), at(0));
    for host in 0..=110 {
        fail(&mut book, 1, "ann", &format!("192.0.2.{host}"), at(1));
    }
    check(&mut book, "ann", "198.51.100.7", at(1), 60);
    check(&mut book, "ann", "198.51.100.7", at(61), 0);
    check(&mut book, "ann", "10.0.0.2", at(1), 0);
    check(&mut book, "bob", "198.51.100.7", at(1), 0);
    fail(&mut book, 6, "ann", "10.0.0.2", at(2));
    check(&mut book, "ann", "10.0.0.2", at(2), 1);
}

#[test]
fn success_clears_the_account_and_the_address_but_no_other_account() {
    let mut book = Throttle::new();
    fail(&mut book, 8, "victim", "192.0.2.1", at(0));
    fail(&mut book, 1, "mallory", "192.0.2.1", at(0));
    book.succeeded(Some(&name("mallory")), ip("192.0.2.1"), at(0));
    check(&mut book, "mallory", "192.0.2.1", at(0), 0);
    check(&mut book, "bob", "192.0.2.1", at(0), 0);
    check(&mut book, "victim", "192.0.2.1", at(0), 4);
}

#[test]
fn addresses_are_grouped() {
    #[track_caller]
    fn same(left: &str, right: &str, expected: bool) {
        assert_eq!(network_of(ip(left)) == network_of(ip(right)), expected, "{left} {right}");
    }
    same("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true);
    same("2001:db8:0:1::1", "2001:db8:0:2::1", false);
    same("192.0.2.1", "::ffff:192.0.2.1", true);
    same("192.0.2.1", "192.0.2.2", false);
    same("::ffff:192.0.2.1", "::ffff:192.0.2.2", false);
    let mut book = Throttle::new();
    fail(&mut book, 6, "ann", "127.0.0.1", at(0));
    check(&mut book, "ann", "::ffff:127.0.0.1", at(0), 1);
}

#[test]
fn a_day_later_all_is_forgotten() {
    let mut book = Throttle::new();
    fail(&mut book, 30, "ann", "192.0.2.1", at(0));
    fail(&mut book, 1, "ann", "192.0.2.1", at(86_399));
    check(&mut book, "ann", "192.0.2.1", at(86_399), 900);
    fail(&mut book, 1, "ann", "192.0.2.1", at(2 * 86_400));
    check(&mut book, "ann", "192.0.2.1", at(2 * 86_400), 0);
}

#[test]
fn a_clock_set_back_neither_frees_nor_locks_for_ever() {
    let mut book = Throttle::new();
    fail(&mut book, 9, "ann", "192.0.2.1", at(0));
    check(&mut book, "ann", "192.0.2.1", at(0), 8);
    check(&mut book, "ann", "192.0.2.1", at(-1_000_000), 8);
    check(&mut book, "ann", "192.0.2.1", at(-1_000_000 + 7), 1);
    check(&mut book, "ann", "192.0.2.1", at(-1_000_000 + 8), 0);
    check(&mut book, "ann", "192.0.2.1", Timestamp::from_micros(i64::MIN), 0);
    check(&mut book, "ann", "192.0.2.1", Timestamp::from_micros(i64::MAX), 0);
}

#[test]
fn memory_is_bounded_and_the_least_recent_failure_goes_first() {
    let mut book = Throttle::with_capacity(3);
    fail(&mut book, 9, "a", "192.0.2.1", at(0));
    fail(&mut book, 9, "b", "192.0.2.2", at(0));
    fail(&mut book, 9, "c", "192.0.2.3", at(0));
    fail(&mut book, 1, "a", "192.0.2.1", at(0));
    fail(&mut book, 1, "d", "192.0.2.4", at(0));
    check(&mut book, "a", "192.0.2.1", at(0), 16);
    check(&mut book, "b", "192.0.2.2", at(0), 0);
    check(&mut book, "c", "192.0.2.3", at(0), 8);
    for host in 0..200 {
        fail(&mut book, 1, &"x".repeat(host), &format!("198.51.100.{host}"), at(0));
        book.succeeded(Some(&name(&format!("y{host}"))), ip("192.0.2.9"), at(0));
    }
    assert!([book.addresses.entries.len(), book.pairs.entries.len(), book.accounts.order.len()] == [3; 3]);
    assert!([book.known.entries.len(), book.known.order.len(), book.pairs.order.len()] == [3; 3]);
}

proptest! {
    /// Against a plain list of failures: within bounds nothing is forgotten, and no wait exceeds its limit.
    #[test]
    fn it_waits_exactly_as_long_as_the_failures_say(
        steps in prop::collection::vec((0_u8..3, 0_u8..3, 0_i64..40, any::<bool>()), 1..80),
    ) {
        let mut book = Throttle::new();
        let mut failures: Vec<(u8, u8, Timestamp)> = Vec::new();
        let mut now = at(0);
        for (account, host, pause, right) in steps {
            now = now.plus_secs(pause);
            let (user, address) = (name(&account.to_string()), ip(&format!("192.0.2.{host}")));
            let until = |those: Vec<Timestamp>| {
                let last = those.last().copied().unwrap_or(now);
                last.plus_secs(NEAR.wait_secs(those.len() as u32).into())
            };
            let by_address = until(failures.iter().filter(|f| f.1 == host).map(|f| f.2).collect());
            let of_pair = failures.iter().filter(|f| f.0 == account && f.1 % 100 == host);
            let by_pair = until(of_pair.map(|f| f.2).collect());
            let expected = by_address.max(by_pair).secs_since(now).max(0);
            let wait = book.check(Some(&user), address, now).map_or_else(|retry| i64::from(retry.secs), |()| 0);
            prop_assert_eq!(wait, expected);
            if wait > 0 {
                continue;
            }
            if right {
                book.succeeded(Some(&user), address, now);
                failures.retain(|f| !(f.0 == account && f.1 % 100 == host));
                // Other accounts' failures here stay theirs, but no longer count against the address.
                failures.iter_mut().filter(|f| f.1 == host).for_each(|f| f.1 += 100);
            } else {
                book.failed(Some(&user), address, now);
                failures.push((account, host, now));
            }
        }
    }
}

#[test]
fn failures_are_listed_and_forgiven() {
    let mut book = Throttle::new();
    fail(&mut book, 7, "ann", "192.0.2.1", at(0));
    fail(&mut book, 2, "bob", "2001:db8:0:1::5", at(0));
    let shown = |book: &mut Throttle| {
        let found = book.addresses(10, at(1)).into_iter();
        found.map(|f| format!("{} {} {}", f.address.unwrap(), f.count, f.wait_secs)).collect::<Vec<_>>()
    };
    assert_eq!(shown(&mut book), ["192.0.2.1 7 1", "2001:db8:0:1::/64 2 0"]);
    assert_eq!(book.addresses(1, at(1)).len(), 1);
    assert_eq!(book.account(&name("ann"), at(1)).map(|f| f.count), Some(7));
    assert_eq!(book.account(&name("eve"), at(1)), None);
    // An address that is forgiven may try every account again at once, and another address still waits.
    fail(&mut book, 7, "ann", "192.0.2.2", at(1));
    check(&mut book, "ann", "192.0.2.1", at(1), 1);
    assert!(book.forgive_address(ip("::ffff:192.0.2.1")));
    assert!(!book.forgive_address(ip("192.0.2.9")));
    check(&mut book, "ann", "192.0.2.1", at(1), 0);
    check(&mut book, "ann", "192.0.2.2", at(1), 2);
    // An account that is forgiven: the address keeps its own count.
    assert!(book.forgive_account(&name("ann")));
    assert!(!book.forgive_account(&name("ann")));
    assert_eq!(book.account(&name("ann"), at(1)), None);
    check(&mut book, "ann", "192.0.2.2", at(1), 2);
    assert_eq!(shown(&mut book), ["192.0.2.2 7 2", "2001:db8:0:1::/64 2 0"]);
    // Much later they are forgotten by themselves.
    assert!(book.addresses(10, at(90_000)).is_empty());
}
