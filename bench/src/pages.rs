//! A hundred pages of the frontend opening at once, for people whose rights are looked at entity by entity, against the same
//! for people who may do everything, whose rights are never looked at.

use std::{
    net::SocketAddr,
    sync::{Arc, Barrier},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use auth_core::{Group, Policy};
use home::Home;
use serde_json::{Map, Value, json};

use crate::{Figure, home_of, websocket::Caller};

const PAGES: usize = 100;
const ROUNDS: usize = 7;

/// What a page asks when it loads, as it was recorded of the frontend.
#[rustfmt::skip]
const COMMANDS: &[&str] = &[
    r#""type":"supported_features","features":{"coalesce_messages":1}"#,
    r#""type":"subscribe_entities""#,
    r#""type":"subscribe_events","event_type":"entity_registry_updated""#,
    r#""type":"config/entity_registry/list_for_display""#,
    r#""type":"subscribe_events","event_type":"device_registry_updated""#,
    r#""type":"config/device_registry/list""#,
    r#""type":"subscribe_events","event_type":"area_registry_updated""#,
    r#""type":"config/area_registry/list""#,
    r#""type":"subscribe_events","event_type":"floor_registry_updated""#,
    r#""type":"config/floor_registry/list""#,
    r#""type":"subscribe_events","event_type":"component_loaded""#,
    r#""type":"subscribe_events","event_type":"core_config_updated""#,
    r#""type":"get_config""#,
    r#""type":"subscribe_events","event_type":"service_registered""#,
    r#""type":"subscribe_events","event_type":"service_removed""#,
    r#""type":"get_services""#,
    r#""type":"subscribe_events","event_type":"panels_updated""#,
    r#""type":"get_panels""#,
    r#""type":"subscribe_events","event_type":"themes_updated""#,
    r#""type":"frontend/get_themes""#,
    r#""type":"auth/current_user""#,
    r#""type":"frontend/subscribe_user_data","key":"core""#,
    r#""type":"subscribe_events","event_type":"repairs_issue_registry_updated""#,
    r#""type":"repairs/list_issues""#,
    r#""type":"recorder/info""#,
    r#""type":"frontend/subscribe_system_data","key":"core""#,
    r#""type":"brands/access_token""#,
    r#""type":"frontend/subscribe_user_data","key":"language""#,
    r#""type":"frontend/subscribe_user_data","key":"theme""#,
    r#""type":"frontend/get_translations","language":"en-GB","category":"entity_component""#,
    r#""type":"frontend/get_translations","language":"en-GB","category":"entity""#,
    r#""type":"labs/subscribe","domain":"frontend","preview_feature":"winter_mode""#,
    r#""type":"persistent_notification/subscribe""#,
    r#""type":"frontend/subscribe_user_data","key":"sidebar""#,
    r#""type":"frontend/subscribe_system_data","key":"security""#,
    r#""type":"lovelace/resources""#,
    r#""type":"frontend/get_system_data","key":"home""#,
    r#""type":"lovelace/info""#,
    r#""type":"frontend/get_icons","category":"entity_component""#,
];

pub(crate) fn run() -> Result<Figure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (free, checked, address) = runtime.block_on(async {
        let (home, address, _) = home_of::open_and_serve().await?;
        let free = home_of::user(&home, "free", &[Group::USER]).await?;
        set_rules(&home).await?;
        let checked = home_of::user(&home, "checked", &["rules"]).await?;
        anyhow::Ok((free, checked, address))
    })?;
    // The same answers, or there is nothing to compare.
    let (mut ours, mut baseline) = (f64::MAX, f64::MAX);
    let (of_free, of_checked) = (open(address, &free)?, open(address, &checked)?);
    ensure!(of_free.abs_diff(of_checked) < 1_000, "{of_free} bytes for one, {of_checked} for the other");
    for _ in 0..ROUNDS {
        baseline = baseline.min(time(address, &free)?);
        ours = ours.min(time(address, &checked)?);
    }
    let name = "100 pages opening at once, checked / not checked";
    Ok(Figure { name, ours, baseline, unit: "ms", aim: "1.1" })
}

/// Makes a group that may use everything there is, each thing by a rule.
async fn set_rules(home: &Home) -> Result<()> {
    let domains = components::specs().into_iter().map(|spec| (spec.domain, json!({"read": true, "control": true})));
    let domains: Map<String, Value> = domains.collect();
    let policy =
        Policy::from_value(&json!({"entities": {"domains": domains}})).map_err(|errors| anyhow::anyhow!("{errors}"))?;
    home_of::set_group(home, "rules", policy).await
}

/// Opens one page and returns how many bytes it was sent.
fn open(address: SocketAddr, token: &str) -> Result<usize> {
    let mut page = Caller::log_in(address, token)?;
    for (n, command) in COMMANDS.iter().enumerate() {
        page.send(&format!("{{\"id\":{},{command}}}", n + 1))?;
    }
    let (mut answered, mut bytes) = (0, 0);
    while answered < COMMANDS.len() {
        let text = page.read()?;
        ensure!(!text.contains("\"success\":false"), "{}", text.get(..200).unwrap_or(&text));
        bytes += text.len();
        answered += text.matches("\"type\":\"result\"").count();
    }
    Ok(bytes)
}

/// Returns milliseconds until all pages are open.
fn time(address: SocketAddr, token: &str) -> Result<f64> {
    let barrier = Arc::new(Barrier::new(PAGES + 1));
    let pages: Vec<_> = (0..PAGES)
        .map(|_| {
            let (barrier, token) = (Arc::clone(&barrier), token.to_owned());
            std::thread::spawn(move || {
                barrier.wait();
                open(address, &token)
            })
        })
        .collect();
    barrier.wait();
    let start = Instant::now();
    for page in pages {
        page.join().ok().context("a page")??;
    }
    Ok(start.elapsed().as_secs_f64() * 1e3)
}
