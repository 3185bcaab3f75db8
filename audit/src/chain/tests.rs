use auth_core::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::{Actor, Outcome};

fn record(n: i64) -> Record {
    Record::new(Timestamp::from_secs(n), "create_user", Outcome::Done, Actor::Nobody).on(n.to_string())
}

fn lines(n: i64) -> Vec<Line> {
    let mut chain = Chain::new(Trail::Acts);
    (0..n).map(|n| chain.append(record(n)).unwrap()).collect()
}

fn walk(lines: &[Line]) -> Result<Head, Broken> {
    let mut chain = Chain::new(Trail::Acts);
    lines.iter().try_for_each(|line| chain.follow(line))?;
    Ok(chain.head())
}

#[test]
fn a_chain_can_be_followed_and_continued() {
    let lines = lines(5);
    let head = walk(&lines).unwrap();
    assert_eq!((head.number, head), (5, lines[4].head()));
    let mut later = Chain::at(lines[2].head());
    assert_eq!(later.append(record(3)).unwrap(), lines[3], "the same record at the same place");
    assert_eq!(lines[1].record().unwrap(), record(1));
}

#[test]
fn the_hash_is_what_the_documentation_says() {
    let line = lines(1).remove(0);
    let mut bytes = vec![0; 32];
    bytes.push(1);
    bytes.extend(1_u64.to_le_bytes());
    bytes.extend(line.body.as_bytes());
    assert_eq!(line.hash, <[u8; 32]>::from(Sha256::digest(&bytes)));
}

#[test]
fn every_kind_of_change_shows() {
    let whole = lines(4);
    let broken = |change: &dyn Fn(&mut Vec<Line>)| {
        let mut lines = whole.clone();
        change(&mut lines);
        walk(&lines).unwrap_err().to_string()
    };
    assert_eq!(broken(&|lines| drop(lines.remove(1))), "acts: number 3 stands where 2 should be");
    assert_eq!(broken(&|lines| drop(lines.remove(0))), "acts: number 2 stands where 1 should be");
    assert_eq!(broken(&|lines| lines.swap(1, 2)), "acts: number 3 stands where 2 should be");
    let changed = "acts: number 2 has been changed, or is not the one that was written there";
    assert_eq!(broken(&|lines| lines[1].body.push(' ')), changed);
    assert_eq!(broken(&|lines| lines[1].hash[31] ^= 1), changed);
    assert_eq!(broken(&|lines| lines[1].trail = Trail::Access), "acts: number 2 is of another trail");
    // Whoever can count hashes can write a chain anew; a head that was noted before tells.
    let mut forged = lines(1);
    let mut chain = Chain::at(forged[0].head());
    forged.extend((5..8).map(|n| chain.append(record(n)).unwrap()));
    assert!(walk(&forged).is_ok() && forged[1].head() != whole[1].head());
}

#[test]
fn heads_are_written_and_read() {
    let head = lines(3)[2].head();
    assert_eq!(head.to_string().parse(), Ok(head));
    for bad in ["", "acts", "acts:1", "acts:1:00", "acts:x:", "none:1:", &format!("acts:-1:{}", "0".repeat(64))] {
        assert!(bad.parse::<Head>().is_err(), "{bad}");
    }
    assert!(format!("none:1:{}", "0".repeat(64)).parse::<Head>().unwrap_err().contains("`none` is no trail"));
}

#[test]
fn trails_keep_their_codes() {
    assert_eq!(Trail::ALL.map(Trail::code), [1, 2, 3, 4]);
    for trail in Trail::ALL {
        assert_eq!(Trail::of_code(trail.code().into()), Some(trail));
        assert_eq!(trail.as_str().parse(), Ok(trail));
    }
    assert_eq!(Trail::of_code(0), None);
    assert_eq!(Trail::of_code(257), None);
}

proptest! {
    #[test]
    fn no_byte_of_a_line_can_change(n in 0_usize..6, at in any::<prop::sample::Index>(), bit in 0_u8..7) {
        let mut lines = lines(6);
        let line = &mut lines[n];
        let mut bytes = std::mem::take(&mut line.body).into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        line.body = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(walk(&lines), Err(Broken::Changed { trail: Trail::Acts, number: n as u64 + 1 }));
    }
}
