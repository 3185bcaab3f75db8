//! As many entities as a large home has.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{broker::Broker, connected, device::Device};

const ENTITIES: usize = 5_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_entities_are_discovered() {
    let broker = Broker::start().await;
    let device = Device::new(&broker).await;
    for n in 0..ENTITIES {
        let message = json!({"stat_t": format!("all/{n}"), "avty_t": "all/there", "uniq_id": format!("u{n}"),
            "obj_id": format!("n{n}"), "val_tpl": "{{ value_json.v }}", "dev": {"ids": [format!("d{}", n / 10)], "name": "D"}});
        device.sends(format!("homeassistant/sensor/n{n}/config"), message.to_string()).await;
        device.sends(format!("all/{n}"), json!({"v": n}).to_string()).await;
    }
    device.says("all/there", "online").await;
    let start = Instant::now();
    let (kit, _) = connected(&broker).await;
    kit.until_true("all are provided", || kit.provided().len() == ENTITIES).await;
    let provided = start.elapsed();
    let known = || (0..ENTITIES).step_by(97).all(|n| kit.entity_state(&format!("sensor.n{n}")) == n.to_string());
    kit.until_true("all have their states", known).await;
    eprintln!("{ENTITIES} entities: provided after {provided:?}, with their states after {:?}", start.elapsed());
}

/// Mosquitto drops what is more than a thousand messages for one client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_disk_loses_none() {
    let broker = Broker::start().await;
    let device = Device::new(&broker).await;
    let (kit, _) = connected(&broker).await;
    kit.set_disk_time(Duration::from_millis(300));
    let padding = "x".repeat(2_048);
    for n in 0..ENTITIES {
        let message = json!({"stat_t": format!("all/{n}"), "uniq_id": format!("u{n}"), "obj_id": format!("n{n}"),
            "name": "N", "padding": padding});
        device.sends(format!("homeassistant/sensor/n{n}/config"), message.to_string()).await;
    }
    kit.until_true("all are provided", || kit.provided().len() == ENTITIES).await;
}
