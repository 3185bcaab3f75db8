//! A home in memory.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use auth_core::{EntityId, Principal, Timestamp, principal::danger};
use config_entries::{
    By, ConfigEntry, EntitySlot, Host, HostError, Kept, NewEntity, News, oauth2::ApplicationCredential,
};
use serde_json::{Map, Value, json};
use service_bus::{Bus, StateWriter, WorldWriter, WriteStates};
use tokio::time::Instant;

/// What the kit's home is: see [`Kit`](crate::Kit).
pub(crate) struct MemoryHome {
    bus: Bus,
    _world: WorldWriter,
    started: Instant,
    /// The wall clock when it started; it goes on with tokio's.
    epoch: Timestamp,
    inner: Mutex<Inner>,
    pub(crate) disk_fails: AtomicBool,
    /// How many more changes fit on the disk.
    pub(crate) disk_space: AtomicUsize,
    /// How many milliseconds it takes to register entities.
    pub(crate) disk_time: AtomicU64,
    pub(crate) signed_out: AtomicBool,
}

#[derive(Default)]
struct Inner {
    random: u64,
    disk: BTreeMap<String, ConfigEntry>,
    order: Vec<String>,
    credentials: BTreeMap<String, ApplicationCredential>,
    news: Vec<News>,
    /// Entities that were ever registered: their entry, domain and unique id.
    registry: BTreeMap<EntityId, (String, String, String)>,
    placed: BTreeMap<EntityId, (String, EntitySlot, StateWriter)>,
}

impl MemoryHome {
    pub(crate) fn new(seed: u64, entries: Vec<ConfigEntry>, epoch: Timestamp) -> Self {
        let (bus, world) = Bus::new();
        let mut inner = Inner { random: seed, ..Inner::default() };
        for entry in entries {
            inner.order.push(entry.entry_id.clone());
            inner.disk.insert(entry.entry_id.clone(), entry);
        }
        Self {
            bus,
            _world: world,
            started: Instant::now(),
            epoch,
            inner: Mutex::new(inner),
            disk_fails: AtomicBool::new(false),
            disk_space: AtomicUsize::new(usize::MAX),
            disk_time: AtomicU64::new(0),
            signed_out: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_space(&self) -> Result<(), HostError> {
        let less = |left: usize| left.checked_sub(1);
        let fits = !self.disk_fails.load(Ordering::Acquire)
            && self.disk_space.fetch_update(Ordering::AcqRel, Ordering::Acquire, less).is_ok();
        if fits { Ok(()) } else { Err(HostError("the disk is full".to_owned())) }
    }

    /// Returns what a restart would find.
    pub(crate) fn disk(&self) -> Vec<ConfigEntry> {
        let inner = self.lock();
        inner.order.iter().filter_map(|id| inner.disk.get(id).cloned()).collect()
    }

    /// Returns the application credentials that a restart would find.
    pub(crate) fn credentials(&self) -> Vec<ApplicationCredential> {
        self.lock().credentials.values().cloned().collect()
    }

    /// Writes application credentials to the disk that has none yet.
    pub(crate) fn restore_credentials(&self, credentials: &[ApplicationCredential]) {
        let stored = credentials.iter().map(|credential| (credential.id.clone(), credential.clone()));
        self.lock().credentials.extend(stored);
    }

    pub(crate) fn news(&self) -> Vec<News> {
        self.lock().news.clone()
    }

    /// Returns the entities that are in place now, in order.
    pub(crate) fn provided(&self) -> Vec<EntityId> {
        self.lock().placed.keys().cloned().collect()
    }

    /// Returns the entities that are registered, in order.
    pub(crate) fn registered(&self) -> Vec<EntityId> {
        self.lock().registry.keys().cloned().collect()
    }

    fn write(&self, changes: &[Kept]) {
        let mut inner = self.lock();
        for change in changes {
            match (&change.before, &change.after) {
                (_, Some(after)) => {
                    if inner.disk.insert(after.entry_id.clone(), ConfigEntry::clone(after)).is_none() {
                        inner.order.push(after.entry_id.clone());
                    }
                }
                (Some(before), None) => {
                    inner.disk.remove(&before.entry_id);
                    inner.order.retain(|id| *id != before.entry_id);
                    inner.registry.retain(|_, (entry_id, ..)| *entry_id != before.entry_id);
                    let gone: Vec<_> = inner.placed.keys().cloned().collect();
                    for id in gone {
                        if !inner.registry.contains_key(&id)
                            && let Some((_, slot, writer)) = inner.placed.remove(&id)
                        {
                            slot.displace();
                            writer.withdraw(&id);
                        }
                    }
                }
                (None, None) => {}
            }
        }
    }

    fn writer(&self, integration: &str) -> StateWriter {
        let principal = danger::integration_principal(integration);
        let wish = WriteStates { integration: integration.to_owned() };
        self.bus.state_writer(self.bus.authorize(&principal, wish).expect("its own states"))
    }

    fn id_of(inner: &Inner, entry: &ConfigEntry, entity: &NewEntity) -> EntityId {
        let known = inner.registry.iter().find(|(id, (_, domain, unique_id))| {
            id.domain() == entity.domain && *domain == entry.domain && *unique_id == entity.unique_id
        });
        if let Some((id, _)) = known {
            return id.clone();
        }
        let wish = entity.object_id.clone().or_else(|| entity.name.clone()).unwrap_or_else(|| entity.unique_id.clone());
        let clean: String =
            wish.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let mut n = 1;
        loop {
            let object_id = if n == 1 { clean.clone() } else { format!("{clean}_{n}") };
            let id: EntityId = format!("{}.{object_id}", entity.domain).parse().expect("an entity id");
            if !inner.registry.contains_key(&id) {
                return id;
            }
            n += 1;
        }
    }
}

#[async_trait]
impl Host for MemoryHome {
    fn bus(&self) -> &Bus {
        &self.bus
    }

    fn is_live(&self, _: &Principal) -> bool {
        !self.signed_out.load(Ordering::Acquire)
    }

    fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(self.epoch.as_micros().saturating_add(passed))
    }

    fn random(&self) -> u128 {
        // SplitMix64: the same seed gives the same run.
        let mut inner = self.lock();
        let mut next = || {
            inner.random = inner.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = inner.random;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            u128::from(z ^ (z >> 31))
        };
        next() << 64 | next()
    }

    async fn keep(&self, changes: &[Kept], _: By) -> Result<(), HostError> {
        // A disk takes its time: whoever else is ready goes on meanwhile.
        tokio::task::yield_now().await;
        self.take_space()?;
        self.write(changes);
        // And so does its answer.
        tokio::task::yield_now().await;
        Ok(())
    }

    async fn keep_credential(
        &self,
        id: &str,
        credential: Option<&ApplicationCredential>,
        _: By,
    ) -> Result<(), HostError> {
        tokio::task::yield_now().await;
        self.take_space()?;
        let mut inner = self.lock();
        match credential {
            Some(credential) => _ = inner.credentials.insert(id.to_owned(), credential.clone()),
            None => _ = inner.credentials.remove(id),
        }
        Ok(())
    }

    fn record(&self, _: By, _: &'static str, _: &str) {}

    fn stop_ignoring(&self, _: &str, _: &str) {
        // What is ignored is not kept here.
    }

    fn announce(&self, news: News) {
        self.lock().news.push(news);
    }

    async fn provide(&self, entry: &ConfigEntry, _: &Principal, entities: Vec<NewEntity>) -> Result<(), HostError> {
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(self.disk_time.load(Ordering::Acquire))).await;
        self.take_space()?;
        let writer = self.writer(&entry.domain);
        for entity in entities {
            let id = {
                let mut inner = self.lock();
                let id = Self::id_of(&inner, entry, &entity);
                let names = (entry.entry_id.clone(), entry.domain.clone(), entity.unique_id.clone());
                inner.registry.insert(id.clone(), names);
                inner.placed.insert(id.clone(), (entry.entry_id.clone(), entity.slot.clone(), writer.clone()));
                id
            };
            writer.provide(id.clone(), Arc::clone(&entity.behaviour));
            let mut attributes = Map::new();
            let device = entity.device.as_ref().and_then(|device| device.name.as_deref());
            let name = match (device, entity.name.as_deref()) {
                (Some(device), Some(own)) => Some(format!("{device} {own}")),
                (device, own) => device.or(own).map(str::to_owned),
            };
            attributes.extend(name.map(|name| ("friendly_name".to_owned(), json!(name))));
            let known = [
                ("device_class", entity.device_class.map(Value::from)),
                ("icon", entity.icon.map(Value::from)),
                ("unit_of_measurement", entity.unit_of_measurement.map(Value::from)),
            ];
            attributes.extend(known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
            entity.slot.place(id, attributes, writer.clone());
        }
        Ok(())
    }

    async fn withdraw(&self, entry_id: &str) {
        let mut inner = self.lock();
        let ids: Vec<_> =
            inner.placed.iter().filter(|(_, (own, ..))| own == entry_id).map(|(id, _)| id.clone()).collect();
        for id in ids {
            if let Some((_, slot, writer)) = inner.placed.remove(&id) {
                slot.displace();
                writer.withdraw(&id);
                _ = writer.set(&id, "unavailable", Map::from_iter([("restored".to_owned(), json!(true))]));
            }
        }
    }

    async fn forget(&self, entry: &ConfigEntry, unique_ids: &[(String, String)]) -> Result<(), HostError> {
        self.take_space()?;
        let mut inner = self.lock();
        let wanted = |id: &EntityId, names: &(String, String, String)| {
            names.0 == entry.entry_id
                && unique_ids.iter().any(|(domain, unique)| id.domain() == domain && names.2 == *unique)
        };
        let gone: Vec<_> = inner.registry.iter().filter(|(id, n)| wanted(id, n)).map(|(id, _)| id.clone()).collect();
        for id in gone {
            inner.registry.remove(&id);
            if let Some((_, slot, writer)) = inner.placed.remove(&id) {
                slot.displace();
                writer.withdraw(&id);
            }
        }
        Ok(())
    }
}
