//! How long it takes until five thousand entities that a broker describes are there: registered on disk and provided.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use auth_core::principal::danger;
use config_entries::ConfigEntry;
use home::{Home, Options};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, PublishOptions, QoS};
use serde_json::{Map, Value, json};
use store::{Change, Record, SqliteStore, Store};

use crate::Figure;

const N: usize = 5_000;

/// Returns the figures, or none where there is no broker to run.
pub(crate) fn run() -> Result<Vec<Figure>> {
    let Some(binary) = binary() else { return Ok(Vec::new()) };
    let dir = std::env::temp_dir().join(format!("doorward-bench-mqtt-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let figures = tokio::runtime::Runtime::new()?.block_on(measure(&binary, &dir));
    std::fs::remove_dir_all(&dir)?;
    figures
}

/// Debian puts it where only the system's own programs are, which is on few people's path.
fn binary() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("mosquitto")).find(|file| file.is_file())
}

/// A broker that ends with the measurement.
struct Broker(Child);

impl Drop for Broker {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

async fn measure(binary: &Path, dir: &Path) -> Result<Vec<Figure>> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let config = dir.join("mosquitto.conf");
    let text =
        format!("listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n");
    std::fs::write(&config, text)?;
    let mut command = Command::new(binary);
    let command = command.arg("-c").arg(&config).stdout(Stdio::null()).stderr(Stdio::null());
    let _broker = Broker(command.spawn().context("mosquitto")?);
    publish(port).await?;
    let (mut bare, mut new, mut known) = (f64::MAX, f64::MAX, f64::MAX);
    for n in 0..3 {
        bare = bare.min(subscribe(port).await?);
        let file = dir.join(format!("{n}.db"));
        new = new.min(discover(port, &file).await?);
        known = known.min(discover(port, &file).await?);
    }
    let figure = |name, ours| Figure { name, ours, baseline: bare, unit: "ms", aim: "seconds" };
    Ok(vec![
        figure("5,000 entities over MQTT, registered / a bare subscriber", new),
        figure("the same at the next start / a bare subscriber", known),
    ])
}

fn options(name: &str, port: u16) -> MqttOptions {
    let mut options = MqttOptions::new(name, ("127.0.0.1", port));
    options.set_keep_alive(30);
    options
}

async fn publish(port: u16) -> Result<()> {
    let (client, mut events) = AsyncClient::builder(options("publisher", port)).capacity(64).build();
    tokio::spawn(async move {
        for n in 0..N {
            let config = json!({
                "name": format!("Lamp {n}"), "unique_id": format!("lamp-{n}"), "state_topic": format!("lamps/{n}"),
                "command_topic": format!("lamps/{n}/set"), "brightness": true, "schema": "json",
                "device": {"identifiers": [format!("box-{}", n / 10)], "name": format!("Box {}", n / 10)},
            });
            let topic = format!("homeassistant/light/lamp{n}/config");
            _ = client
                .publish(topic, config.to_string().into_bytes(), PublishOptions::new(QoS::AtLeastOnce).retained())
                .await;
        }
    });
    let mut n_acknowledged = 0;
    let end = Instant::now() + Duration::from_secs(60);
    while n_acknowledged < N {
        ensure!(Instant::now() < end, "the broker took {n_acknowledged} messages");
        match events.poll().await {
            Ok(Event::Incoming(Packet::PubAck(_))) => n_acknowledged += 1,
            Ok(_) => {}
            // It has only just been started.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    Ok(())
}

/// Receives all messages and does nothing with them; returns milliseconds.
async fn subscribe(port: u16) -> Result<f64> {
    let start = Instant::now();
    let (client, mut events) = AsyncClient::builder(options("bare", port)).capacity(64).build();
    client.subscribe("homeassistant/#", QoS::AtMostOnce).await?;
    let mut n_received = 0;
    while n_received < N {
        if matches!(events.poll().await?, Event::Incoming(Packet::Publish(_))) {
            n_received += 1;
        }
    }
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}

/// Opens a home on disk with an entry for the broker; returns the milliseconds until every entity has a state.
async fn discover(port: u16, file: &Path) -> Result<f64> {
    let store = SqliteStore::open(file)?;
    let data = json!({"broker": "127.0.0.1", "port": port});
    let data = if let Value::Object(data) = data { data } else { Map::new() };
    let entry =
        ConfigEntry { entry_id: "bench".into(), domain: "mqtt".into(), version: 2, data, ..ConfigEntry::default() };
    store.commit(vec![Change::Put(Box::new(Record::Entry(entry)))]).await?;
    let home = Home::open(Arc::new(store), Options::default()).await?;
    components::register(home.bus())?;
    home.register(mqtt::Mqtt::new(), danger::integration_principal("mqtt"))?;
    let start = Instant::now();
    home.manager().start().await;
    while (0..N).any(|n| !home.bus().has_state(&format!("light.box_{}_lamp_{n}", n / 10))) {
        ensure!(start.elapsed() < Duration::from_secs(120), "not all were discovered");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let time = start.elapsed().as_secs_f64() * 1000.0;
    home.manager().stop().await;
    drop(home);
    // The writer lets go of the file soon after.
    while SqliteStore::open(file).is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(time)
}
