use proptest::prelude::*;

use super::*;
use crate::{client::MAX_URL_LEN, credential::Login, entropy::tests::Seeded, password::Verdict};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const CLIENT: &str = "https://x.example/";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const GOOD: UserStanding = UserStanding { is_active: true, local_only: false };

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn here() -> IpAddr {
    ip("192.0.2.1")
}

/// A home with one user, `ann`, whose password is `right`.
struct World {
    flows: LoginFlows,
    throttle: Throttle,
    logins: LoginBook,
    rules: ClientRules,
    entropy: Seeded,
    has_factor: bool,
}

impl World {
    fn new() -> Self {
        Self::with(StoredPassword::hash_new("right", &mut Seeded(5)).unwrap())
    }

    fn with(password: StoredPassword) -> Self {
        let credential = Credential::with_password("c".into(), "u".into(), Username::normalise("ann"));
        let mut logins = LoginBook::new();
        logins.insert(Login { credential, password }).unwrap();
        let (flows, throttle) = (LoginFlows::new(), Throttle::new());
        Self { flows, throttle, logins, rules: ClientRules::new(), entropy: Seeded(1), has_factor: false }
    }

    fn start(&mut self, request: StartRequest<'_>) -> Result<String, FlowError> {
        self.start_from(request, here(), NOW)
    }

    fn start_from(&mut self, request: StartRequest<'_>, ip: IpAddr, now: Timestamp) -> Result<String, FlowError> {
        self.flows.start(request, Caller { ip, own: None }, now, &mut self.entropy)
    }

    fn begin(&mut self, flow_id: &str, user: &str, password: &str, now: Timestamp) -> Result<PasswordCheck, FlowError> {
        let request = StepRequest { flow_id, client_id: CLIENT, username: user, password: password.into() };
        self.flows.begin(&mut self.throttle, &self.logins, request, here(), now, &mut self.entropy)
    }

    fn finish(
        &mut self,
        outcome: CheckOutcome,
        standing: UserStanding,
        now: Timestamp,
    ) -> Result<StepResult, FlowError> {
        self.flows.finish(
            &mut self.throttle,
            (&self.logins, &self.rules),
            |_| standing,
            |_| self.has_factor,
            outcome,
            now,
        )
    }

    /// One whole step: the user id of a finished login, `None` for a form with an error.
    fn step(&mut self, flow_id: &str, user: &str, password: &str) -> Result<Option<Finished>, FlowError> {
        let outcome = self.begin(flow_id, user, password, NOW)?.run();
        match self.finish(outcome, GOOD, NOW)? {
            StepResult::InvalidAuth => Ok(None),
            StepResult::Done(finished) => Ok(Some(finished)),
            other => panic!("{other:?}"),
        }
    }
}

fn request() -> StartRequest<'static> {
    StartRequest {
        client_id: CLIENT,
        handler: ("homeassistant", None),
        redirect_uri: "https://x.example/cb",
        response_type: None,
        code_challenge: None,
        code_challenge_method: None,
    }
}

#[test]
fn starts_are_checked_in_order() {
    #[track_caller]
    fn check(request: StartRequest<'_>, expected: Option<FlowError>) {
        assert_eq!(World::new().start(request).err(), expected);
    }
    let long = format!("https://x.example/{}", "x".repeat(MAX_URL_LEN));
    check(request(), None);
    check(StartRequest { response_type: Some("code"), ..request() }, None);
    check(StartRequest { code_challenge: Some(CHALLENGE), code_challenge_method: Some("S256"), ..request() }, None);
    check(StartRequest { redirect_uri: "javascript:alert(1)", ..request() }, None);
    check(StartRequest { client_id: &long, ..request() }, Some(FlowError::Malformed("client_id")));
    check(StartRequest { redirect_uri: &long, ..request() }, Some(FlowError::Malformed("redirect_uri")));
    check(StartRequest { code_challenge: Some("short"), ..request() }, Some(FlowError::Malformed("code_challenge")));
    check(StartRequest { client_id: "x", ..request() }, Some(FlowError::InvalidClientId));
    check(StartRequest { client_id: "http://8.8.8.8/", ..request() }, Some(FlowError::InvalidClientId));
    check(StartRequest { response_type: Some("token"), ..request() }, Some(FlowError::ResponseTypeNotSupported));
    check(StartRequest { code_challenge_method: Some("S256"), ..request() }, Some(FlowError::ChallengeRequired));
    check(StartRequest { code_challenge: Some(CHALLENGE), ..request() }, Some(FlowError::TransformNotSupported));
    let plain = StartRequest { code_challenge: Some(CHALLENGE), code_challenge_method: Some("plain"), ..request() };
    check(plain, Some(FlowError::TransformNotSupported));
    for handler in [("homeassistant", Some("x")), ("trusted_networks", None), ("", None)] {
        check(StartRequest { handler, ..request() }, Some(FlowError::InvalidHandler));
    }
}

#[test]
fn a_wrong_password_leaves_the_flow_open_and_a_right_one_ends_it() {
    let mut world = World::new();
    let challenged = StartRequest { code_challenge: Some(CHALLENGE), code_challenge_method: Some("S256"), ..request() };
    let id = world.start(challenged).unwrap();
    assert!(world.step(&id, "ann", "wrong").unwrap().is_none());
    assert!(world.step(&id, "nobody", "right").unwrap().is_none());
    let finished = world.step(&id, " ANN ", "right").unwrap().unwrap();
    assert_eq!(finished.login.credential.user_id, "u".into());
    assert!(finished.replacement.is_none());
    let expected = Grant {
        credential_id: "c".into(),
        client_id: CLIENT.to_owned(),
        redirect_uri: Some("https://x.example/cb".to_owned()),
        challenge: Challenge::parse(CHALLENGE),
    };
    assert_eq!(finished.grant, expected);
    assert_eq!(world.step(&id, "ann", "right").unwrap_err(), FlowError::UnknownFlow);
    assert_eq!(world.flows.n_flows(), 0);
}

#[test]
fn an_imported_password_is_replaced_unless_bcrypt_cut_it() {
    let bcrypt_of = |password: &str| {
        let parts = bcrypt::hash_with_salt(password, 4, [7; 16]).unwrap();
        StoredPassword::from_stored(parts.format_for_version(bcrypt::Version::TwoB))
    };
    let mut world = World::with(bcrypt_of("right"));
    let id = world.start(request()).unwrap();
    let replacement = world.step(&id, "ann", "right").unwrap().unwrap().replacement.unwrap();
    assert_eq!(replacement.verify("right"), Verdict::Right);
    let long = "x".repeat(73);
    let mut world = World::with(bcrypt_of(&long));
    let id = world.start(request()).unwrap();
    assert!(world.step(&id, "ann", &long).unwrap().unwrap().replacement.is_none());
}

#[test]
fn steps_are_bound_to_address_and_client() {
    let mut world = World::new();
    let id = world.start(request()).unwrap();
    let mut begin = |flow_id: &str, client_id: &str, from: &str| {
        let request = StepRequest { flow_id, client_id, username: "ann", password: "right".into() };
        let (flows, throttle) = (&mut world.flows, &mut world.throttle);
        flows.begin(throttle, &world.logins, request, ip(from), NOW, &mut world.entropy).err()
    };
    assert_eq!(begin("unknown", CLIENT, "192.0.2.1"), Some(FlowError::UnknownFlow));
    assert_eq!(begin(&id, CLIENT, "192.0.2.2"), Some(FlowError::IpChanged));
    assert_eq!(begin(&id, "https://y.example/", "192.0.2.1"), Some(FlowError::InvalidClientId));
    assert_eq!(begin(&id, CLIENT, "::ffff:192.0.2.1"), None);
    assert_eq!(begin(&id, CLIENT, "192.0.2.1"), Some(FlowError::InProgress));
}

#[test]
fn a_step_that_is_dropped_frees_its_flow_later_and_cannot_finish_then() {
    let mut world = World::new();
    let id = world.start(request()).unwrap();
    let stale = world.begin(&id, "ann", "right", NOW).unwrap();
    let at = |secs| NOW.plus_secs(secs);
    assert_eq!(world.begin(&id, "ann", "right", at(STEP_SECS - 1)).unwrap_err(), FlowError::InProgress);
    let fresh = world.begin(&id, "ann", "wrong", at(STEP_SECS)).unwrap();
    let stale = stale.run();
    assert_eq!(world.finish(stale, GOOD, at(STEP_SECS)).unwrap_err(), FlowError::UnknownFlow);
    let fresh = fresh.run();
    assert!(matches!(world.finish(fresh, GOOD, at(STEP_SECS)), Ok(StepResult::InvalidAuth)));
}

#[test]
fn flows_end_by_age_and_abort() {
    let mut world = World::new();
    let id = world.start(request()).unwrap();
    let check = world.begin(&id, "ann", "right", NOW.plus_secs(FLOW_SECS - 1)).unwrap().run();
    assert_eq!(world.finish(check, GOOD, NOW.plus_secs(FLOW_SECS)).unwrap_err(), FlowError::UnknownFlow);
    let id = world.start(request()).unwrap();
    assert_eq!(world.begin(&id, "ann", "right", NOW.plus_secs(-61)).unwrap_err(), FlowError::UnknownFlow);
    assert_eq!(world.flows.abort(&id, NOW), Ok(()));
    assert_eq!(world.flows.abort(&id, NOW), Err(FlowError::UnknownFlow));
    let outcome = {
        let id = world.start(request()).unwrap();
        let check = world.begin(&id, "ann", "right", NOW).unwrap();
        world.flows.abort(&id, NOW).unwrap();
        check.run()
    };
    assert_eq!(world.finish(outcome, GOOD, NOW).unwrap_err(), FlowError::UnknownFlow);
}

#[test]
fn who_knows_the_password_may_still_be_refused_and_the_flow_is_gone() {
    #[track_caller]
    fn check(redirect_uri: &str, standing: UserStanding, expected: FlowError) {
        let mut world = World::new();
        let id = world.start(StartRequest { redirect_uri, ..request() }).unwrap();
        let outcome = world.begin(&id, "ann", "right", NOW).unwrap().run();
        assert_eq!(world.finish(outcome, standing, NOW).unwrap_err(), expected);
        assert_eq!(world.step(&id, "ann", "right").unwrap_err(), FlowError::UnknownFlow);
    }
    let inactive = UserStanding { is_active: false, local_only: false };
    let local_only = UserStanding { is_active: true, local_only: true };
    check("https://evil.example/", GOOD, FlowError::InvalidRedirect);
    check("javascript:alert(1)", inactive, FlowError::InvalidRedirect);
    check("https://x.example/", inactive, FlowError::Blocked("User is not active"));
    check("https://x.example/", local_only, FlowError::Blocked("User cannot authenticate remotely"));
    assert_eq!(FlowError::Blocked("User is not active").to_string(), "Login blocked: User is not active");
}

#[test]
fn guesses_are_throttled_also_when_made_all_at_once() {
    let mut world = World::new();
    let ids: Vec<_> = (0..10).map(|_| world.start(request()).unwrap()).collect();
    let begun: Vec<_> = ids.iter().map(|id| world.begin(id, "ann", "guess", NOW).map(drop)).collect();
    assert_eq!(begun.iter().filter(|begun| begun.is_ok()).count(), 6);
    assert_eq!(begun[9], Err(FlowError::Throttled(RetryAfter { secs: 1 })));
    let id = &ids[9];
    let outcome = world.begin(id, "ann", "right", NOW.plus_secs(1)).unwrap().run();
    assert!(matches!(world.finish(outcome, GOOD, NOW.plus_secs(1)), Ok(StepResult::Done(_))));
    assert_eq!(world.throttle.check(Some(&Username::normalise("ann")), here(), NOW.plus_secs(1)), Ok(()));
}

#[test]
fn memory_is_bounded_and_one_address_pushes_out_only_its_own() {
    let mut world = World::new();
    let other = world.start_from(request(), ip("192.0.2.9"), NOW).unwrap();
    let first = world.start(request()).unwrap();
    for _ in 0..MAX_FLOWS_PER_ADDRESS {
        world.start(request()).unwrap();
    }
    assert_eq!(world.flows.n_flows(), MAX_FLOWS_PER_ADDRESS + 1);
    assert_eq!(world.flows.abort(&first, NOW), Err(FlowError::UnknownFlow));
    for host in 0..MAX_FLOWS {
        world.start_from(request(), ip(&format!("10.0.{}.{}", host / 250, host % 250)), NOW).unwrap();
    }
    assert_eq!(world.flows.n_flows(), MAX_FLOWS);
    assert_eq!(world.flows.abort(&other, NOW), Err(FlowError::UnknownFlow));
    world.start_from(request(), here(), NOW.plus_secs(FLOW_SECS)).unwrap();
    assert_eq!(world.flows.n_flows(), 1);
}

#[test]
fn debug_hides_the_password() {
    let mut world = World::new();
    let id = world.start(request()).unwrap();
    let check = world.begin(&id, "ann", "s3cret-typed", NOW).unwrap();
    assert!(!format!("{check:?}").contains("s3cret-typed"));
}

/// Has the password checked of somebody who has a second factor; their flow then waits for the code.
fn half_way(world: &mut World) -> String {
    world.has_factor = true;
    let id = world.start(request()).unwrap();
    let outcome = world.begin(&id, "ann", "right", NOW).unwrap().run();
    assert!(matches!(world.finish(outcome, GOOD, NOW), Ok(StepResult::NeedsCode)));
    id
}

impl World {
    fn code(&mut self, id: &str, is_right: bool, now: Timestamp) -> Result<StepResult, FlowError> {
        let credential = self.flows.begin_code(&mut self.throttle, (id, CLIENT), here(), now)?;
        assert_eq!(credential.user_id.as_str(), "u");
        self.flows.finish_code(&mut self.throttle, (&self.logins, &self.rules), |_| GOOD, (id, is_right), now)
    }
}

#[test]
fn a_second_factor_is_asked_for_and_needed() {
    let mut world = World::new();
    let id = half_way(&mut world);
    // Not by the password again, nor by another client or address.
    assert_eq!(world.begin(&id, "ann", "right", NOW).unwrap_err(), FlowError::OtherStep);
    let mut begin = |client, ip| world.flows.begin_code(&mut world.throttle, (&id, client), ip, NOW).unwrap_err();
    assert_eq!(begin("https://y.example/", here()), FlowError::InvalidClientId);
    assert_eq!(begin(CLIENT, ip("192.0.2.9")), FlowError::IpChanged);
    assert!(matches!(world.code(&id, false, NOW), Ok(StepResult::InvalidCode)));
    let Ok(StepResult::Done(finished)) = world.code(&id, true, NOW) else { panic!("not done") };
    assert_eq!(finished.login.credential.user_id.as_str(), "u");
    assert_eq!(world.code(&id, true, NOW).unwrap_err(), FlowError::UnknownFlow, "the flow is gone");
}

#[test]
fn a_code_before_the_password_is_none() {
    let mut world = World::new();
    let id = world.start(request()).unwrap();
    assert_eq!(world.code(&id, true, NOW).unwrap_err(), FlowError::OtherStep);
    assert_eq!(world.code("none", true, NOW).unwrap_err(), FlowError::UnknownFlow);
}

#[test]
fn codes_are_limited_in_number_and_time() {
    let mut world = World::new();
    let id = half_way(&mut world);
    assert_eq!(world.code(&id, true, NOW.plus_secs(CODE_SECS)).unwrap_err(), FlowError::CodeExpired);
    assert_eq!(world.code(&id, true, NOW).unwrap_err(), FlowError::UnknownFlow, "the flow is gone");
    // Wrong codes count as wrong passwords do: a new flow gives no new tries.
    let id = half_way(&mut world);
    let mut now = NOW;
    let mut n_wrong = 0;
    loop {
        match world.code(&id, false, now) {
            Ok(StepResult::InvalidCode) => n_wrong += 1,
            Err(FlowError::Throttled(wait)) => now = now.plus_secs(wait.secs.into()),
            Err(FlowError::TooManyCodes) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((n_wrong, now > NOW), (MAX_CODES - 1, true));
    assert!(matches!(world.begin(&id, "ann", "right", now), Err(FlowError::UnknownFlow)));
    let id = world.start_from(request(), here(), now).unwrap();
    assert!(matches!(world.begin(&id, "ann", "right", now), Err(FlowError::Throttled(_))));
}

#[test]
fn rights_are_looked_at_when_everything_was_shown() {
    let mut world = World::new();
    let id = half_way(&mut world);
    world.flows.begin_code(&mut world.throttle, (&id, CLIENT), here(), NOW).unwrap();
    let gone = |_: &Credential| UserStanding { is_active: false, local_only: false };
    let refused = world.flows.finish_code(&mut world.throttle, (&world.logins, &world.rules), gone, (&id, true), NOW);
    assert_eq!(refused.unwrap_err(), FlowError::Blocked("User is not active"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the order of inputs, only a right password in an open flow's own running step ends in a grant.
    #[test]
    fn only_a_right_password_gives_a_grant(steps in prop::collection::vec((0_u8..5, 0_usize..3, any::<bool>(), 0_i64..400), 1..40)) {
        // The hash cannot be read, so checks are made by hand: the machine does not look inside.
        let mut world = World::with(StoredPassword::from_stored(String::new()));
        let mut now = NOW;
        let mut ids: Vec<String> = Vec::new();
        let mut running: Vec<(PasswordCheck, bool)> = Vec::new();
        for (what, which, right, pause) in steps {
            now = now.plus_secs(pause);
            match (what, ids.get(which).cloned()) {
                (0, _) | (_, None) => ids.insert(0, world.start_from(request(), here(), now).unwrap()),
                (1, Some(id)) => drop(world.flows.abort(&id, now)),
                (2 | 3, Some(id)) => running.extend(world.begin(&id, "ann", "x", now).map(|check| (check, right))),
                (_, Some(_)) => {
                    let Some((check, right)) = running.pop() else { continue };
                    let PasswordCheck { flow_id, serial, username, login, .. } = check;
                    let login = login.unwrap();
                    let outcome = CheckOutcome { flow_id: flow_id.clone(), serial, username, right: right.then_some((login, None)) };
                    let open = world.flows.flows.get(&flow_id).is_some_and(|f| f.is_open(now) && f.step.is_some_and(|s| s.serial == serial));
                    match world.finish(outcome, GOOD, now) {
                        Ok(StepResult::Done(_)) => prop_assert!(open && right),
                        Ok(StepResult::InvalidAuth) => prop_assert!(open && !right),
                        Ok(other) => panic!("{other:?}"),
                        Err(error) => prop_assert!(!open && error == FlowError::UnknownFlow),
                    }
                    prop_assert_eq!(world.flows.flows.contains_key(&flow_id) && open, open && !right);
                }
            }
        }
    }
}

#[test]
fn a_password_that_was_changed_meanwhile_lets_nobody_in() {
    let changed = |world: &mut World| {
        let new = StoredPassword::hash_new("new", &mut Seeded(9)).unwrap();
        world.logins.set_password(&Username::normalise("ann"), new).unwrap();
    };
    // While the password is being checked.
    let mut world = World::new();
    let id = world.start(request()).unwrap();
    let outcome = world.begin(&id, "ann", "right", NOW).unwrap().run();
    changed(&mut world);
    assert!(matches!(world.finish(outcome, GOOD, NOW), Ok(StepResult::InvalidAuth)));
    // While the code is awaited: a login that an old password began is not ended by a right code.
    let mut world = World::new();
    world.has_factor = true;
    let id = world.start(request()).unwrap();
    let outcome = world.begin(&id, "ann", "right", NOW).unwrap().run();
    assert!(matches!(world.finish(outcome, GOOD, NOW), Ok(StepResult::NeedsCode)));
    changed(&mut world);
    world.flows.begin_code(&mut world.throttle, (&id, CLIENT), here(), NOW).unwrap();
    let books = (&world.logins, &world.rules);
    let ended = world.flows.finish_code(&mut world.throttle, books, |_| GOOD, (&id, true), NOW);
    assert_eq!(ended.unwrap_err(), FlowError::UnknownFlow);
    assert_eq!(world.flows.n_flows(), 0);
}
