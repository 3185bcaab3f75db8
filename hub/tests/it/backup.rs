//! Copies of a home: made while it is written to, checked, encrypted, put back.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::json;

use crate::{
    cli::{done, home, refused, with_input},
    import::log_in,
    support::{Server, Temporary, Ws, server::doorward},
};

fn token(dir: &Temporary) -> String {
    let data = dir.0.to_str().unwrap();
    done(&doorward(&["token", "create", "--data", data, "--user", "ann", "--name", "x"])).trim().to_owned()
}

/// Backs a running hub up.
fn back_up(server: &Server, token: &str, file: &Path, more: &[&str]) -> Output {
    let url = format!("http://{}", server.address);
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    command.args(["backup", file.to_str().unwrap(), "--url", &url]).args(more).env("DOORWARD_TOKEN", token);
    command.stdin(Stdio::null()).output().unwrap()
}

fn names(data: &Path) -> Vec<String> {
    let list = done(&doorward(&["user", "list", "--data", data.to_str().unwrap()]));
    let mut names: Vec<_> = list.lines().map(|line| line.split('\t').nth(2).unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_copy_of_a_running_hub_is_of_one_moment_and_comes_back() {
    let dir = home("{}");
    let token = token(&dir);
    let file = dir.0.join("copy.db");
    let mut made = 0;
    {
        let server = Server::serve(&dir.0, &[]);
        let mut owner = Ws::open(&server.address, &token);
        let create = |owner: &mut Ws, n: usize| {
            owner.command("config/auth/create", json!({"name": format!("u{n:03}"), "group_ids": ["guests"]}))
        };
        // Changes are on their way all the while.
        let ids: Vec<_> = (0..200).map(|n| create(&mut owner, n)).collect();
        let copied = std::thread::scope(|scope| {
            let copying = scope.spawn(|| back_up(&server, &token, &file, &[]));
            for id in ids {
                assert_eq!(owner.answer(id)["success"], true);
                made += 1;
            }
            copying.join().unwrap()
        });
        assert!(done(&copied).contains("audit records, all read"), "{copied:?}");
        refused(&back_up(&server, &token, &file, &[]), "is there already: nothing is written over");
        // Nothing is left in the directory, and nobody but the owner gets one.
        let left: Vec<_> = std::fs::read_dir(&dir.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().contains("unfinished")), "{left:?}");
        let admin =
            owner.result("doorward/service_accounts/create", json!({"name": "a", "group_ids": ["system-admin"]}));
        let admin = json!({"user_id": admin["id"], "name": "a"});
        let admin = owner.result("doorward/service_accounts/create_token", admin)["token"].as_str().unwrap().to_owned();
        refused(&back_up(&server, &admin, &dir.0.join("other.db"), &[]), "is the token the owner's?");
        assert!(!dir.0.join("other.db").exists());
        let trail = owner.result("doorward/audit/list", json!({"action": "create_backup"}));
        assert_eq!(trail["records"].as_array().unwrap().len(), 1, "{trail}");
    }
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    let elsewhere = Temporary::new();
    let data = elsewhere.0.join("data");
    done(&doorward(&["restore", file.to_str().unwrap(), "--data", data.to_str().unwrap()]));
    let found = names(&data);
    // Of one moment: every user with the record of their making, and no record without its user.
    let n_users = found.iter().filter(|name| name.starts_with('u')).count();
    let arguments = ["audit", "list", "--data", data.to_str().unwrap(), "--action", "create_user", "--limit", "1000"];
    let records = done(&doorward(&arguments));
    let n_records = records.lines().filter(|line| line.contains("\tAnn\tdone\t")).count();
    assert!(n_users <= made);
    assert_eq!(n_users, n_records, "{found:?} {records}");
    done(&doorward(&["audit", "verify", "--data", data.to_str().unwrap()]));
    let server = Server::serve(&data, &[]);
    log_in(&server, "ann", "secret").unwrap();
    assert_eq!(server.request("GET", "/api/").token(&token).send().status, 200, "tokens go on");
}

#[test]
fn what_is_damaged_is_not_restored() {
    let dir = home("{}");
    let data = dir.0.to_str().unwrap();
    let file = dir.0.join("copy.db");
    done(&doorward(&["backup", file.to_str().unwrap(), "--data", data]));
    let whole = std::fs::read(&file).unwrap();
    let target = Temporary::new();
    let target_data = target.0.join("data");
    let restore = |bytes: &[u8]| {
        let copy = target.0.join("broken.db");
        std::fs::write(&copy, bytes).unwrap();
        doorward(&["restore", copy.to_str().unwrap(), "--data", target_data.to_str().unwrap()])
    };
    for (what, bytes) in [
        ("empty", Vec::new()),
        ("rubbish", b"rubbish".repeat(1000)),
        ("cut", whole[..whole.len() / 2].to_vec()),
        ("another database", {
            let other = target.0.join("other.db");
            rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE x (y)").unwrap();
            std::fs::read(other).unwrap()
        }),
    ] {
        let output = restore(&bytes);
        assert_eq!(output.status.code(), Some(1), "{what}: {output:?}");
        assert!(!target_data.join("home.db").exists(), "{what}");
    }
    // A record that was changed since.
    let changed = target.0.join("changed.db");
    std::fs::write(&changed, &whole).unwrap();
    let database = rusqlite::Connection::open(&changed).unwrap();
    database.execute("UPDATE audit SET body = replace(body, 'guests', 'others')", []).unwrap();
    drop(database);
    refused(&restore(&std::fs::read(&changed).unwrap()), "has been changed");
    assert!(!target_data.join("home.db").exists());
    done(&restore(&whole));
    // A home that is there stays unless it is put aside, and nobody's hub loses its home.
    refused(&restore(&whole), "there is a home already");
    {
        let _server = Server::serve(&target_data, &[]);
        let copy = file.to_str().unwrap();
        let running = doorward(&["restore", copy, "--data", target_data.to_str().unwrap(), "--replace"]);
        refused(&running, "is a hub running on this directory?");
    }
    done(&with_input(&["user", "create", "--data", target_data.to_str().unwrap(), "late"], "x\n"));
    let replaced = doorward(&["restore", file.to_str().unwrap(), "--data", target_data.to_str().unwrap(), "--replace"]);
    assert!(done(&replaced).contains("home.db.before-restore-1"));
    let restored = ["audit", "list", "--data", target_data.to_str().unwrap(), "--action", "restore_backup"];
    assert_eq!(done(&doorward(&restored)).matches("\tcommand line\tdone\trestore_backup\tcopy.db").count(), 1);
    assert_eq!(names(&target_data), ["Ann", "gus"]);
    let aside = rusqlite::Connection::open(target_data.join("home.db.before-restore-1")).unwrap();
    let n: i64 = aside.query_row("SELECT count(*) FROM users", [], |row| row.get(0)).unwrap();
    assert_eq!(n, 3, "with what was last done");
}

#[test]
fn an_encrypted_copy_is_nobody_elses() {
    let dir = home("{}");
    let data = dir.0.to_str().unwrap();
    let (locked, keyed) = (dir.0.join("locked.age"), dir.0.join("keyed.age"));
    let (locked, keyed) = (locked.to_str().unwrap(), keyed.to_str().unwrap());
    // What a copy left behind when the power went has every secret in it.
    let left = dir.0.join("backup-0123.unfinished");
    std::fs::write(&left, "secrets").unwrap();
    done(&with_input(&["backup", locked, "--data", data, "--passphrase"], "correct horse\n"));
    assert!(!left.exists());
    let bytes = std::fs::read(locked).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1") && !bytes.windows(7).any(|w| w == b"argon2i"));
    let target = Temporary::new();
    let to = target.0.join("data");
    let to = to.to_str().unwrap();
    refused(&doorward(&["restore", locked, "--data", to]), "it is encrypted: give --identity FILE or --passphrase");
    refused(&with_input(&["restore", locked, "--data", to, "--passphrase"], "wrong\n"), "decrypting");
    let mut damaged = bytes.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let broken = dir.0.join("broken.age");
    std::fs::write(&broken, damaged).unwrap();
    let broken = broken.to_str().unwrap();
    refused(&with_input(&["restore", broken, "--data", to, "--passphrase"], "correct horse\n"), "it is damaged");
    done(&with_input(&["restore", locked, "--data", to, "--passphrase"], "correct horse\n"));
    assert_eq!(names(Path::new(to)), ["Ann", "gus"]);

    let key = age::x25519::Identity::generate();
    let identity = dir.0.join("key.txt");
    std::fs::write(&identity, age::secrecy::ExposeSecret::expose_secret(&key.to_string())).unwrap();
    let recipient = key.to_public().to_string();
    done(&doorward(&["backup", keyed, "--data", data, "--recipient", &recipient]));
    let second = target.0.join("second");
    let second = second.to_str().unwrap();
    done(&doorward(&["restore", keyed, "--data", second, "--identity", identity.to_str().unwrap()]));
    refused(&doorward(&["backup", "x", "--data", data, "--recipient", "age1nonsense"]), "`age1nonsense`");
    // No clear text is left anywhere.
    let left: Vec<_> = std::fs::read_dir(&dir.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("plain")), "{left:?}");
}

/// Where an encrypted copy goes, nothing is ever written that is not encrypted: the disk may be somebody else's.
#[test]
fn the_place_of_an_encrypted_copy_never_has_a_plain_one() {
    let dir = home("{}");
    let shared = Temporary::new();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let plain = std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut plain = Vec::new();
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                for entry in std::fs::read_dir(&shared.0).unwrap().flatten() {
                    let begins = std::fs::read(entry.path()).unwrap_or_default();
                    if begins.starts_with(b"SQLite format 3") || entry.file_name().to_string_lossy().ends_with(".plain")
                    {
                        plain.push(entry.path());
                    }
                }
            }
            plain
        });
        for n in 0..5 {
            let file = shared.0.join(format!("{n}.age"));
            let arguments = ["backup", file.to_str().unwrap(), "--data", dir.0.to_str().unwrap(), "--passphrase"];
            done(&with_input(&arguments, "correct horse\n"));
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        watching.join().unwrap()
    });
    assert!(plain.is_empty(), "{plain:?}");
}

/// Whoever asks for a copy and hangs up leaves none in the hub's directory.
#[test]
fn a_copy_that_nobody_waits_for_is_removed() {
    use std::{
        io::Write,
        net::TcpStream,
        time::{Duration, Instant},
    };
    let dir = home("{}");
    let token = token(&dir);
    let server = Server::serve(&dir.0, &[]);
    for _ in 0..20 {
        let mut socket = TcpStream::connect(&server.address).unwrap();
        let head = format!("GET /api/doorward/backup HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
        socket.write_all(head.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
    let begun = Instant::now();
    let mut owner = Ws::open(&server.address, &token);
    loop {
        let asked = owner.result("doorward/audit/list", json!({"action": "create_backup"}));
        let left = std::fs::read_dir(&dir.0).unwrap().flatten();
        let left = left.filter(|entry| entry.file_name().to_string_lossy().contains("unfinished")).count();
        if left == 0 && !asked["records"].as_array().unwrap().is_empty() {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{left} left");
    }
}
