//! `doorward demo`: a furnished home to try things in.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result};
use auth_core::{Action, Authorized, Group, Policy, principal::danger};
use demo::{BridgeWorld, Demo, DemoBridge, Uptime};
use home::{AddUser, CreateToken, CreateTokenFor, Home, Secret, SetGroup};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use service_bus::{WriteStates, now};

use super::{accounts::at_machine, open_home};
use crate::{
    cli::{Area, FrontendFiles},
    config::Reached,
    integrations, output, run, web,
};

/// The light that `kitchen` may control, and one that it may not.
const LIGHT: &str = "light.kitchen_lights";
const OTHER_LIGHT: &str = "light.bed_light";

/// The users in the order in which they are made: the first is the owner.
const USERS: [(&str, &str); 6] = [
    ("owner", Group::ADMIN),
    ("admin", Group::ADMIN),
    ("user", Group::USER),
    ("reader", Group::READ_ONLY),
    ("kitchen", "kitchen-light"),
    ("areas", "kitchen-area"),
];

pub(crate) async fn run(listen: SocketAddr, creds_file: Option<PathBuf>, files: &FrontendFiles) -> Result<()> {
    let listener = run::listen(listen).await?;
    let address = listener.local_addr()?;
    let url = format!("http://{address}");
    let data = Temporary::new()?;
    let home = open_home(&data.0, Area::Own).await?;
    home.furnish(demo::furnish(now())).await?;
    add_groups(&home).await?;
    let users = add_users(&home).await?;
    let integration = danger::integration_principal("demo");
    let writer = home.bus().authorize(&integration, WriteStates { integration: "demo".to_owned() })?;
    let writer = home.bus().state_writer(writer);
    let demo = Arc::new(Demo::start(home.bus(), writer.clone()).context("furnishing the demo home")?);
    home.restore_unprovided(&writer);
    let bridges = Arc::<BridgeWorld>::default();
    for service in demo::bridge_services(&bridges) {
        home.bus().register(service)?;
    }
    integrations::register(&home)?;
    home.register_notifications()?;
    integrations::add(&home, DemoBridge::new(bridges))?;
    integrations::add(&home, Uptime)?;
    home.manager().start().await;
    let living = tokio::spawn({
        let demo = Arc::clone(&demo);
        async move { demo.live().await }
    });

    greet(&url, &users);
    let web = web::open(files);
    web::say(&web);
    if let Some(file) = creds_file {
        // Connections are accepted as soon as there is a listener, so whoever sees the file gets an answer.
        let creds = json!({
            "url": url,
            "users": users,
            "light": LIGHT,
            "other_light": OTHER_LIGHT,
            "flow": {
                "handler": "demo_bridge",
                "input": [{"host": "kit", "password": "right"}],
                "bad_input": {"host": "kit", "password": 5},
            },
            "flow_single": {"handler": "uptime", "input": [{}], "duplicate": "single_instance_allowed"},
        });
        write_private(&file, &creds.to_string()).with_context(|| format!("writing {}", file.display()))?;
    }
    let reached = Reached { web, ..Reached::plain(address) };
    let served = run::until_ended(home, listener, reached, None, &mut run::Signals::listen()?).await;
    living.abort();
    served.map(|_| ())
}

fn authorize<R: Action>(home: &Home, request: R) -> Result<Authorized<R>> {
    Ok(home.bus().authorize(&at_machine(), request)?)
}

async fn add_groups(home: &Home) -> Result<()> {
    let light = json!({"entities": {"entity_ids": {LIGHT: {"read": true, "control": true}}}});
    let area = json!({"entities": {"area_ids": {"kitchen": {"read": true, "control": true}}}});
    for (id, name, policy) in [("kitchen-light", "Kitchen light", light), ("kitchen-area", "Kitchen", area)] {
        let policy = Policy::from_value(&policy).map_err(|errors| anyhow::anyhow!("{errors}"))?;
        let wish = SetGroup {
            group_id: id.to_owned(),
            name: Some(name.to_owned()),
            policy: Some(policy),
            policy_before: None,
        };
        home.set_group(authorize(home, wish)?).await?;
    }
    Ok(())
}

/// Makes the users, with the password `<name>-pass` and a token each.
async fn add_users(home: &Home) -> Result<Map<String, Value>> {
    let mut users = Map::new();
    let [owner, others @ ..] = USERS;
    let owner = add_user(home.clone(), owner).await?;
    users.insert(owner.0, owner.1);
    // The others at once: each password is hashed for a while.
    let others: Vec<_> = others.into_iter().map(|user| tokio::spawn(add_user(home.clone(), user))).collect();
    for other in others {
        let (name, creds) = other.await??;
        users.insert(name, creds);
    }
    Ok(users)
}

async fn add_user(home: Home, (name, group): (&'static str, &'static str)) -> Result<(String, Value)> {
    let password = format!("{name}-pass");
    let mut shown = name.to_owned();
    if let Some(first) = shown.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let secret = Secret::new(password.clone());
    let (username, group_ids) = (name.to_owned(), vec![group.to_owned()]);
    let wish = AddUser { name: shown, username, password: secret, group_ids, local_only: false };
    let user_id = home.add_user(home.bus().authorize(&at_machine(), wish)?).await?.user.id.to_string();
    let token =
        CreateToken { name: "demo".to_owned(), icon: None, lifespan_days: 3650, policy: None, rate_limit: None };
    let wish = CreateTokenFor { user_id, token };
    let token = home.create_any_token(home.bus().authorize(&at_machine(), wish)?).await?;
    Ok((name.to_owned(), json!({"password": password, "token": token.expose_secret()})))
}

fn greet(url: &str, users: &Map<String, Value>) {
    output::line(format!("A furnished demo home is open at {url}. It is gone when this ends (Ctrl-C).\n"));
    output::line("  user      password        may");
    let may = |name: &str| match name {
        "owner" => "everything, whatever a policy says",
        "admin" => "everything, and manage the home",
        "user" => "read and control everything",
        "reader" => "read everything",
        "kitchen" => "read and control light.kitchen_lights, and nothing else",
        _ => "read and control what is in the kitchen",
    };
    for (name, creds) in users {
        let password = creds.get("password").and_then(Value::as_str).unwrap_or_default();
        output::line(format!("  {name:<9} {password:<15} {}", may(name)));
    }
    let token = users.get("kitchen").and_then(|user| user.get("token")).and_then(Value::as_str).unwrap_or_default();
    output::line("\nWhat `kitchen` sees of the whole home, and what happens when it reaches further:\n");
    output::line(format!("  TOKEN={token}"));
    output::line(format!("  curl -s -H \"Authorization: Bearer $TOKEN\" {url}/api/states"));
    output::line(format!(
        "  curl -i -H \"Authorization: Bearer $TOKEN\" {url}/api/services/light/turn_on -d '{{\"entity_id\": \"{OTHER_LIGHT}\"}}'"
    ));
}

/// Writes a file that only its owner can read, whole or not at all.
fn write_private(file: &Path, text: &str) -> Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let unfinished = file.with_extension("unfinished");
    let mut options = fs::OpenOptions::new();
    let mut open = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    open.write_all(text.as_bytes())?;
    fs::rename(&unfinished, file)?;
    Ok(())
}

/// A directory that is removed when this is dropped.
struct Temporary(PathBuf);

impl Temporary {
    /// Makes a directory that was not there: one of a demo that was killed is somebody else's.
    fn new() -> Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        let made_at = now().as_micros();
        let dir = std::env::temp_dir().join(format!("doorward-demo-{}-{made_at}", std::process::id()));
        fs::DirBuilder::new().mode(0o700).create(&dir).with_context(|| format!("making {}", dir.display()))?;
        Ok(Self(dir))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "the demo's directory could not be removed");
        }
    }
}
