//! Random sequences of commands about users, groups and tokens, by everybody and their tokens, against a model.
//!
//! After each: one active owner remains; nobody's rights have grown by their own act; a token that was revoked in any way is
//! dead everywhere, and one that was not is alive. `DOORWARD_COMMANDS` says how many.

use std::{collections::BTreeMap, io::Write, net::IpAddr, sync::Arc};

use auth_core::{AuthSnapshot, Permissions, Policy, Principal, UserId, principal::danger};
use home::{AddUser, CreateToken, DeleteToken, DeleteTokens, Home, Options, Secret, Session, SetTokenExpiry};
use management::{Call, Operation};
use registries::{EntityEntry, Registries};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use service_bus::now;
use store::SqliteStore;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const ENTITIES: [&str; 4] = ["light.a", "light.b", "lock.a", "sensor.a"];

struct Rng(u64);

impl Rng {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn choose<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// A token, as the model has it.
struct Token {
    jwt: SecretString,
    session: Session,
    is_alive: bool,
}

/// What somebody may do, in every way that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Power {
    is_owner: bool,
    is_admin: bool,
    own_account: bool,
    granted: Vec<Permissions>,
}

impl Power {
    fn of(snapshot: &AuthSnapshot, principal: &Principal) -> Self {
        let rights = snapshot.rights(principal);
        Self {
            is_owner: rights.is_owner(),
            is_admin: rights.is_admin(),
            own_account: rights.user().is_some() && !rights.is_narrowed(),
            granted: ENTITIES.iter().map(|entity| rights.granted(entity)).collect(),
        }
    }

    fn is_within(&self, other: &Self) -> bool {
        let no_more = |mine: bool, others: bool| !mine || others;
        no_more(self.is_owner, other.is_owner)
            && no_more(self.is_admin, other.is_admin)
            && no_more(self.own_account, other.own_account)
            && self.granted.iter().zip(&other.granted).all(|(mine, others)| mine.without(*others).is_empty())
    }
}

struct World {
    home: Home,
    tokens: Vec<Token>,
    rng: Rng,
    n_done: usize,
    n_refused: usize,
}

impl World {
    async fn new(seed: u64) -> Self {
        let home = Home::open(Arc::new(SqliteStore::in_memory().unwrap()), Options::default()).await.unwrap();
        let mut registries = Registries::default();
        for id in ENTITIES {
            registries.put_entity(EntityEntry::new(id.parse().unwrap(), "test", id, id, now()));
        }
        home.furnish(registries).await.unwrap();
        let machine = danger::system_principal("test");
        let wish = AddUser {
            name: "owner".to_owned(),
            username: "owner".to_owned(),
            password: Secret::new("secret".to_owned()),
            group_ids: Vec::new(),
            local_only: false,
        };
        home.add_user(home.bus().authorize(&machine, wish).unwrap()).await.unwrap();
        let mut world = Self { home, tokens: Vec::new(), rng: Rng(seed), n_done: 0, n_refused: 0 };
        for (name, groups) in [("admin", vec!["system-admin"]), ("member", vec!["system-users"]), ("guest", vec![])] {
            world.operate(&machine, "users/create", json!({"name": name, "group_ids": groups})).await.unwrap();
        }
        for user_id in world.user_ids() {
            let wish = json!({"user_id": user_id, "name": "first"});
            let made = world.operate(&machine, "tokens/create", wish).await.unwrap();
            world.know(made["token"].as_str().unwrap());
        }
        world
    }

    fn snapshot(&self) -> AuthSnapshot {
        self.home.bus().world().auth.clone()
    }

    fn user_ids(&self) -> Vec<String> {
        let mut ids: Vec<_> = self.snapshot().users().map(|user| user.id.to_string()).collect();
        ids.sort();
        ids
    }

    /// Takes a new token into the model.
    fn know(&mut self, jwt: &str) {
        let session = self.home.authenticate(jwt, HERE).unwrap();
        self.tokens.push(Token { jwt: jwt.to_owned().into(), session, is_alive: true });
    }

    async fn operate(&self, principal: &Principal, name: &str, members: Value) -> Result<Value, String> {
        let Value::Object(members) = members else { panic!("no object") };
        let operation = Operation::find(name).unwrap_or_else(|| panic!("{name}"));
        let call = Call::new(self.home.clone(), principal.clone(), members);
        operation.run(call).await.map_err(|error| error.to_string())
    }

    fn policy(&mut self) -> Value {
        let entity = *self.rng.choose(&ENTITIES);
        match self.rng.below(5) {
            0 => json!({}),
            1 => json!({"entities": {"entity_ids": {entity: {"read": true}}}}),
            2 => json!({"entities": {"domains": {"light": true}}}),
            3 => json!({"entities": {"all": {"read": true}, "except": {"domains": {"lock": true}}}}),
            _ => json!({"entities": true}),
        }
    }

    fn group(&mut self) -> &'static str {
        ["system-admin", "system-users", "system-read-only", "g0", "g1", "g2"][self.rng.below(6)]
    }

    /// Chooses a command about users, groups or anybody's tokens.
    fn command(&mut self) -> (&'static str, Value) {
        let users = self.user_ids();
        let user_id = self.rng.choose(&users).clone();
        let group_id = self.group();
        match self.rng.below(16) {
            0 if users.len() < 12 => ("users/create", json!({"name": "u", "group_ids": [group_id]})),
            1 | 2 => ("users/update", json!({"user_id": user_id, "group_ids": [group_id, self.group()]})),
            3 => ("users/update", json!({"user_id": user_id, "is_active": self.rng.below(3) > 0})),
            4 => ("users/update", json!({"user_id": user_id, "name": "renamed", "local_only": self.rng.below(2) == 0})),
            5 if users.len() > 6 => ("users/delete", json!({"user_id": user_id})),
            5 | 6 => ("groups/set", json!({"group_id": group_id, "policy": self.policy()})),
            7 => ("groups/delete", json!({"group_id": group_id})),
            8 | 9 => {
                let until = ["2020-01-01T00:00Z", "2099-01-01T00:00Z"][self.rng.below(2)];
                let until = (self.rng.below(2) == 0).then_some(until);
                ("groups/set_member", json!({"group_id": group_id, "user_id": user_id, "until": until}))
            }
            10 => ("groups/remove_member", json!({"group_id": group_id, "user_id": user_id})),
            11 => {
                let policy = self.policy();
                let policy = (self.rng.below(2) == 0).then_some(policy);
                ("tokens/create", json!({"user_id": user_id, "name": self.name(), "policy": policy}))
            }
            12 => {
                let at = self.rng.below(self.tokens.len());
                ("tokens/revoke", json!({"token_id": self.tokens[at].session.token_id}))
            }
            13 if users.len() < 12 => ("service_accounts/create", json!({"name": "service", "group_ids": [group_id]})),
            14 => ("service_accounts/create_token", json!({"user_id": user_id, "name": self.name()})),
            _ => ("users/remove_second_factor", json!({"user_id": user_id})),
        }
    }

    fn name(&mut self) -> String {
        format!("t{}", self.rng.below(1_000_000))
    }

    /// Chooses who acts: anybody, and every other time somebody who can do much.
    fn actor(&mut self) -> usize {
        let snapshot = self.snapshot();
        let mut actor = self.rng.below(self.tokens.len());
        // The dead try as well, now and then.
        if self.rng.below(5) > 0 {
            while !self.tokens[actor].is_alive {
                actor = self.rng.below(self.tokens.len());
            }
        }
        if self.rng.below(2) == 0 {
            for _ in 0..20 {
                let token = &self.tokens[actor];
                if token.is_alive && snapshot.rights(&token.session.principal).is_admin() {
                    break;
                }
                actor = self.rng.below(self.tokens.len());
            }
        }
        actor
    }

    /// Has somebody do something, and looks at what must hold.
    async fn step(&mut self) {
        let actor = self.actor();
        let n_known = self.tokens.len();
        let session = self.tokens[actor].session.clone();
        let was_alive = self.tokens[actor].is_alive;
        let user = danger::user_principal(&session.user_id, None);
        let before = self.snapshot();
        let n_tokens = self.all_tokens();
        let did = if self.rng.below(3) == 0 { self.own(&session).await } else { self.others(&session).await };
        let after = self.snapshot();
        match &did {
            Ok(_) => self.n_done += 1,
            Err(_) => {
                self.n_refused += 1;
                assert_eq!(self.all_tokens(), n_tokens, "a refused command changed tokens: {did:?}");
            }
        }
        assert!(was_alive || did.is_err(), "a dead session did something: {did:?}");

        let owners: Vec<_> = after.users().filter(|user| user.is_owner).collect();
        assert!(matches!(owners.as_slice(), [owner] if owner.is_active), "{did:?}: {owners:?}");
        for principal in [&user, &session.principal] {
            let (was, is) = (Power::of(&before, principal), Power::of(&after, principal));
            assert!(is.is_within(&was), "{did:?} by {principal:?}: {was:?} became {is:?}");
        }
        // Whoever has got somebody's token may do what that one may.
        for token in self.tokens.get(n_known..).unwrap_or_default() {
            let (was, got) = (Power::of(&before, &session.principal), Power::of(&after, &token.session.principal));
            assert!(got.is_within(&was), "{did:?} by {session:?} gave {got:?} to {was:?}");
        }
        // Whose tokens went, and a few others.
        let last = self.tokens.len() - 1;
        for at in [actor, last, self.rng.below(last + 1), self.rng.below(last + 1)] {
            self.check_token(at, &did);
        }
        if self.tokens.len() > 400 {
            self.tokens.retain(|token| token.is_alive);
        }
    }

    fn check_token(&self, at: usize, did: &Result<String, String>) {
        let token = &self.tokens[at];
        let snapshot = self.snapshot();
        let is_active = snapshot.user(token.session.user_id.as_str()).is_some_and(|user| user.is_active);
        let comes_in = self.home.authenticate(token.jwt.expose_secret(), HERE).is_ok();
        assert_eq!(comes_in, token.is_alive, "after {did:?}: {:?}", token.session);
        assert_eq!(self.home.is_live(&token.session), token.is_alive, "after {did:?}");
        assert!(is_active || !token.is_alive, "after {did:?}: a token of nobody is alive");
    }

    fn all_tokens(&self) -> usize {
        self.home
            .measurements()
            .iter()
            .find(|(name, ..)| *name == "doorward_tokens")
            .map_or(0, |found| found.3 as usize)
    }

    /// Does something about others. What it did to tokens is put into the model.
    async fn others(&mut self, session: &Session) -> Result<String, String> {
        let (name, members) = self.command();
        let shown = format!("{name} {members}");
        let done =
            self.operate(&session.principal, name, members.clone()).await.map_err(|e| format!("{shown}: {e}"))?;
        let about = |member: &str| members[member].as_str().unwrap_or_default().to_owned();
        match name {
            "users/delete" => self.end(|token| token.session.user_id.as_str() == about("user_id")),
            "users/update" if members["is_active"] == false => {
                self.end(|token| token.session.user_id.as_str() == about("user_id"));
            }
            "tokens/revoke" => self.end(|token| token.session.token_id.as_str() == about("token_id")),
            "tokens/create" | "service_accounts/create_token" => self.know(done["token"].as_str().unwrap()),
            _ => {}
        }
        Ok(shown)
    }

    /// Does something about one's own tokens.
    async fn own(&mut self, session: &Session) -> Result<String, String> {
        let bus = self.home.bus().clone();
        let refused = |error: &dyn std::fmt::Display| error.to_string();
        match self.rng.below(4) {
            0 | 1 => {
                let policy = self.policy();
                let policy = (self.rng.below(2) == 0).then(|| Policy::from_value(&policy).unwrap());
                let wish = CreateToken { name: self.name(), icon: None, lifespan_days: 1, policy, rate_limit: None };
                let asked = bus.authorize(&session.principal, wish).map_err(|error| refused(&error))?;
                let jwt = self.home.create_token(asked).await.map_err(|error| refused(&error))?;
                self.know(jwt.expose_secret());
                Ok("create_token".to_owned())
            }
            2 => {
                let at = self.rng.below(self.tokens.len());
                let token_id = self.tokens[at].session.token_id.to_string();
                if self.rng.below(4) == 0 {
                    let wish = SetTokenExpiry { token_id, expires: true };
                    let asked = bus.authorize(&session.principal, wish).map_err(|error| refused(&error))?;
                    self.home.set_token_expiry(asked).await.map_err(|error| refused(&error))?;
                    return Ok("set_token_expiry".to_owned());
                }
                let wish = DeleteToken { token_id: token_id.clone() };
                let asked = bus.authorize(&session.principal, wish).map_err(|error| refused(&error))?;
                self.home.delete_token(asked).await.map_err(|error| refused(&error))?;
                self.end(|token| token.session.token_id.as_str() == token_id);
                Ok(format!("delete_token {token_id}"))
            }
            _ => {
                // Rarely: it ends much.
                if self.rng.below(20) > 0 {
                    return Err("not now".to_owned());
                }
                let wish = DeleteTokens { kind: None, current_too: false };
                let asked = bus.authorize(&session.principal, wish).map_err(|error| refused(&error))?;
                self.home.delete_tokens(asked).await.map_err(|error| refused(&error))?;
                let (own, user) = (session.token_id.clone(), session.user_id.clone());
                self.end(|token| token.session.user_id == user && token.session.token_id != own);
                Ok("delete_tokens".to_owned())
            }
        }
    }

    fn end(&mut self, which: impl Fn(&Token) -> bool) {
        self.tokens.iter_mut().filter(|token| which(token)).for_each(|token| token.is_alive = false);
    }

    /// Gives everybody who has no session one that is not narrowed, so that all kinds of people go on acting.
    async fn refill(&mut self) {
        let machine = danger::system_principal("test");
        let mut alive: BTreeMap<UserId, usize> = BTreeMap::new();
        let snapshot = self.snapshot();
        let is_whole = |token: &&Token| token.is_alive && !snapshot.rights(&token.session.principal).is_narrowed();
        for token in self.tokens.iter().filter(is_whole) {
            *alive.entry(token.session.user_id.clone()).or_default() += 1;
        }
        for user_id in self.user_ids() {
            let is_active = self.snapshot().user(&user_id).is_some_and(|user| user.is_active);
            if is_active && !alive.contains_key(&UserId::new(&user_id)) {
                let wish = json!({"user_id": user_id, "name": self.name()});
                if let Ok(made) = self.operate(&machine, "tokens/create", wish).await {
                    self.know(made["token"].as_str().unwrap());
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_rises_the_owner_stays_and_the_revoked_are_dead() {
    let number = |name: &str, default: usize| std::env::var(name).ok().map_or(default, |text| text.parse().unwrap());
    let n = number("DOORWARD_COMMANDS", 4_000);
    let mut world = World::new(number("DOORWARD_SEED", 1) as u64).await;
    for step in 0..n {
        if step % 20 == 0 {
            world.refill().await;
        }
        world.step().await;
    }
    // Everybody who should be dead is, and nobody else.
    for at in 0..world.tokens.len() {
        world.check_token(at, &Ok("the end".to_owned()));
    }
    let machine = danger::system_principal("test");
    let state = world.operate(&machine, "audit/verify", json!({})).await.unwrap();
    assert_eq!(state["whole"], true, "{state}");
    _ = writeln!(std::io::stdout(), "{n} commands, {} done, {} refused", world.n_done, world.n_refused);
    assert!(world.n_done > n / 10 && world.n_refused > n / 10, "{} {}", world.n_done, world.n_refused);
}
