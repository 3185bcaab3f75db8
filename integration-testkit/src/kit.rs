//! The kit: a home in memory with a manager, and what a test does with them.

use std::{
    fmt,
    sync::{Arc, OnceLock, atomic::Ordering},
    time::Duration,
};

use auth_core::{Action, Authorized, Context, Principal, Timestamp, principal::danger};
use config_entries::{
    AbortFlow, ConfigEntry, ContinueFlow, FlowAnswer, FlowError, FlowFamily, Host, ListEntries, ListFlows, ListIssues,
    ManageError, Manager, News, ReauthEntry, ReloadEntry, RemoveEntry, SetDisabled, StartFlow, StartOptionsFlow,
    oauth2::{ApplicationCredential, CallbackError},
};
use serde_json::{Map, Value, json};
use service_bus::{CallError, CallRequest, Outcome, ReadState, new_context_id, now};

use crate::home::MemoryHome;

/// A home in memory and its manager.
pub struct Kit {
    seed: u64,
    entries: Vec<ConfigEntry>,
    epoch: Timestamp,
    home: Arc<MemoryHome>,
    manager: Manager,
    /// The services of every domain are registered when the first is called.
    services: OnceLock<()>,
}

impl fmt::Debug for Kit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kit({})", self.seed)
    }
}

impl Kit {
    /// Returns a home with nothing in it. The same seed gives the same ids and the same jitter.
    pub fn new(seed: u64) -> Self {
        Self::with(seed, Vec::new(), Timestamp::from_secs(1_795_331_000))
    }

    fn with(seed: u64, entries: Vec<ConfigEntry>, epoch: Timestamp) -> Self {
        let home = Arc::new(MemoryHome::new(seed, entries.clone(), epoch));
        let manager = Manager::new(Arc::clone(&home) as Arc<_>, entries.clone(), Vec::new());
        Self { seed, entries, epoch, home, manager, services: OnceLock::new() }
    }

    /// Adds a stored entry, to be set up when the home starts.
    #[must_use]
    pub fn entry(self, domain: &str, data: Value) -> Self {
        let data = if let Value::Object(data) = data { data } else { panic!("data is an object") };
        let n = self.entries.len() + 1;
        let entry_id = format!("01KIT{n:021}");
        self.stored_entry(ConfigEntry {
            entry_id,
            domain: domain.to_owned(),
            title: format!("{domain} {n}"),
            data,
            ..ConfigEntry::default()
        })
    }

    /// Adds a stored entry as it stands.
    #[must_use]
    pub fn stored_entry(mut self, entry: ConfigEntry) -> Self {
        self.entries.push(entry);
        let credentials = self.home.credentials();
        Self::with(self.seed, self.entries, self.epoch).with_credentials(credentials)
    }

    /// Adds a stored application credential, of the id `<domain>_<client id>`.
    #[must_use]
    pub fn credential(self, domain: &str, client_id: &str, client_secret: &str) -> Self {
        let credential = ApplicationCredential {
            id: format!("{domain}_{client_id}"),
            domain: domain.to_owned(),
            client_id: client_id.to_owned(),
            client_secret: client_secret.into(),
            name: None,
        };
        self.with_credentials(vec![credential])
    }

    fn with_credentials(self, credentials: Vec<ApplicationCredential>) -> Self {
        self.home.restore_credentials(&credentials);
        self.manager.restore_credentials(credentials);
        self
    }

    /// Makes integrations known with `register`, which gets what makes the principal of a domain, and sets up what is
    /// stored.
    pub async fn start(self, register: impl FnOnce(&Manager, &dyn Fn(&str) -> Principal)) -> Self {
        register(&self.manager, &danger::integration_principal);
        self.manager.start().await;
        self
    }

    /// Ends the home without any goodbye and starts it again from what is on disk.
    pub async fn restart(self, register: impl FnOnce(&Manager, &dyn Fn(&str) -> Principal)) -> Self {
        let (disk, epoch, credentials) = (self.home.disk(), self.home.now(), self.home.credentials());
        // Of a process that was killed nothing runs on; here its tasks have to be ended.
        self.manager.stop().await;
        let kit = Self::with(self.seed.wrapping_add(1), disk, epoch).with_credentials(credentials);
        kit.start(register).await
    }

    /// Returns the manager, for what the kit has no shorter way to.
    pub const fn manager(&self) -> &Manager {
        &self.manager
    }

    /// Authorizes a request as an administrator.
    pub fn authorize<R: Action>(&self, request: R) -> Authorized<R> {
        self.home.bus().authorize(&admin(), request).expect("an administrator may")
    }

    /// Starts a flow as a user.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn start_flow(&self, domain: &str) -> Result<FlowAnswer, FlowError> {
        let frontend_base = Some("http://127.0.0.1:8123".to_owned());
        let wish = StartFlow { domain: domain.to_owned(), reconfigure: None, frontend_base };
        self.manager.start_flow(self.authorize(wish)).await
    }

    /// Starts the reconfiguration of an entry.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn start_reconfigure(&self, domain: &str, entry_id: &str) -> Result<FlowAnswer, FlowError> {
        let frontend_base = Some("http://127.0.0.1:8123".to_owned());
        let wish = StartFlow { domain: domain.to_owned(), reconfigure: Some(entry_id.to_owned()), frontend_base };
        self.manager.start_flow(self.authorize(wish)).await
    }

    /// Starts the options of an entry.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn start_options(&self, entry_id: &str) -> Result<FlowAnswer, FlowError> {
        let wish = StartOptionsFlow { entry_id: entry_id.to_owned() };
        self.manager.start_options_flow(self.authorize(wish)).await
    }

    /// Answers the form or menu of a flow that makes or updates an entry.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn answer(&self, flow_id: &str, input: Value) -> Result<FlowAnswer, FlowError> {
        self.go_on(FlowFamily::Config, flow_id, Some(input)).await
    }

    /// Answers the form of a flow about options.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn answer_options(&self, flow_id: &str, input: Value) -> Result<FlowAnswer, FlowError> {
        self.go_on(FlowFamily::Options, flow_id, Some(input)).await
    }

    /// Looks at a flow again.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn look(&self, flow_id: &str) -> Result<FlowAnswer, FlowError> {
        self.go_on(FlowFamily::Config, flow_id, None).await
    }

    async fn go_on(&self, family: FlowFamily, flow_id: &str, input: Option<Value>) -> Result<FlowAnswer, FlowError> {
        let input = input.map(|input| if let Value::Object(input) = input { input } else { Map::new() });
        let frontend_base = Some("http://127.0.0.1:8123".to_owned());
        let wish = ContinueFlow { family, flow_id: flow_id.to_owned(), input, frontend_base };
        self.manager.continue_flow(self.authorize(wish)).await
    }

    /// Visits the page that a flow shows and comes back with `code`, without going on with the flow. Returns the URL of
    /// the page.
    ///
    /// # Errors
    /// [`CallbackError`].
    pub async fn visit(&self, shown: &FlowAnswer, code: &str) -> Result<String, CallbackError> {
        let wire = shown.to_wire();
        let url = wire["url"].as_str().unwrap_or_else(|| panic!("no page to visit: {wire}")).to_owned();
        let query = url.split_once('?').map(|(_, query)| query).unwrap_or_default();
        let state = query.split('&').find_map(|pair| pair.strip_prefix("state=")).unwrap_or_default();
        self.manager.external_callback(state, Some(code), None).await?;
        Ok(url)
    }

    /// Ends a flow.
    ///
    /// # Errors
    /// [`FlowError`].
    pub fn abort(&self, flow_id: &str) -> Result<(), FlowError> {
        let wish = AbortFlow { family: FlowFamily::Config, flow_id: flow_id.to_owned() };
        self.manager.abort_flow(self.authorize(wish))
    }

    /// Takes an entry down and sets it up again.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn reload(&self, entry_id: &str) -> Result<bool, ManageError> {
        self.manager.reload(self.authorize(ReloadEntry(entry_id.to_owned()))).await
    }

    /// Removes an entry.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn remove(&self, entry_id: &str) -> Result<bool, ManageError> {
        self.manager.remove(self.authorize(RemoveEntry(entry_id.to_owned()))).await
    }

    /// Disables or enables an entry.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn set_disabled(&self, entry_id: &str, disabled: bool) -> Result<bool, ManageError> {
        let wish = SetDisabled { entry_id: entry_id.to_owned(), disabled };
        self.manager.set_disabled(self.authorize(wish)).await
    }

    /// Asks for new credentials of an entry.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn reauth(&self, entry_id: &str) -> Result<(), ManageError> {
        self.manager.reauth(self.authorize(ReauthEntry(entry_id.to_owned()))).await
    }

    /// Returns the entries of a domain as they are, secrets included.
    pub fn entries(&self, domain: &str) -> Vec<Arc<ConfigEntry>> {
        let states = self.manager.states().into_iter();
        states.map(|(entry, _)| entry).filter(|entry| entry.domain == domain).collect()
    }

    /// Returns the id of the one entry of a domain; anything else than one ends the test.
    #[track_caller]
    pub fn only_entry(&self, domain: &str) -> String {
        match self.entries(domain).as_slice() {
            [one] => one.entry_id.clone(),
            others => panic!("{} entries of {domain}", others.len()),
        }
    }

    /// Returns an entry as clients see it; `null` if there is none.
    pub fn wire(&self, entry_id: &str) -> Value {
        self.manager.entry(&self.authorize(ListEntries), entry_id).unwrap_or_default()
    }

    /// Returns the state of an entry; empty if there is none.
    pub fn state(&self, entry_id: &str) -> String {
        self.wire(entry_id).get("state").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Waits until an entry is in a state; ends the test after ten minutes by tokio's clock.
    pub async fn until(&self, entry_id: &str, state: &str) {
        self.until_true(&format!("{entry_id} {state}"), || self.state(entry_id) == state).await;
    }

    /// Waits until something is so; ends the test after ten minutes by tokio's clock.
    pub async fn until_true(&self, what: &str, is_so: impl Fn() -> bool) {
        for _ in 0..60_000 {
            if is_so() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("waited in vain for: {what}; entries: {:?}", self.manager.states());
    }

    /// Returns the flows under way that nobody has open.
    pub fn flows(&self) -> Vec<Value> {
        self.manager.flows_in_progress(&self.authorize(ListFlows))
    }

    /// Returns the ids of the reauthentications that are about an entry.
    pub fn reauths(&self, entry_id: &str) -> Vec<String> {
        let text = |flow: &Value, at: &str| flow.pointer(at).and_then(Value::as_str).map(str::to_owned);
        let about = |flow: &&Value| {
            text(flow, "/context/source").as_deref() == Some("reauth")
                && text(flow, "/context/entry_id").as_deref() == Some(entry_id)
        };
        self.flows().iter().filter(about).filter_map(|flow| text(flow, "/flow_id")).collect()
    }

    /// Returns the id of the one reauthentication of an entry; anything else than one ends the test.
    #[track_caller]
    pub fn only_reauth(&self, entry_id: &str) -> String {
        match self.reauths(entry_id).as_slice() {
            [one] => one.clone(),
            others => panic!("{} reauthentications of {entry_id}", others.len()),
        }
    }

    /// Returns the ids of the issues.
    pub fn issues(&self) -> Vec<String> {
        let issues = self.manager.issues(&self.authorize(ListIssues), "2026.11.0");
        issues.iter().filter_map(|issue| issue.get("issue_id")?.as_str().map(str::to_owned)).collect()
    }

    /// Returns everything that was announced.
    pub fn news(&self) -> Vec<News> {
        self.home.news()
    }

    /// Returns the entities that are provided now, in order.
    pub fn provided(&self) -> Vec<String> {
        self.home.provided().iter().map(ToString::to_string).collect()
    }

    /// Returns the entities that are registered, in order.
    pub fn registered(&self) -> Vec<String> {
        self.home.registered().iter().map(ToString::to_string).collect()
    }

    /// Returns an entity's state and attributes.
    pub fn entity(&self, entity_id: &str) -> Option<(String, Map<String, Value>)> {
        let id = entity_id.parse().unwrap_or_else(|_| panic!("`{entity_id}` is no entity id"));
        let state = self.home.bus().read_state(&self.authorize(ReadState(id)))?;
        Some((state.state.to_string(), Map::clone(&state.attributes)))
    }

    /// Returns an entity's state; empty if it has none.
    pub fn entity_state(&self, entity_id: &str) -> String {
        self.entity(entity_id).map(|(state, _)| state).unwrap_or_default()
    }

    /// Returns the action that an entity's state is the outcome of.
    pub fn entity_context(&self, entity_id: &str) -> Option<Context> {
        let id = entity_id.parse().unwrap_or_else(|_| panic!("`{entity_id}` is no entity id"));
        Some(self.home.bus().read_state(&self.authorize(ReadState(id)))?.context.clone())
    }

    /// Calls a service as an administrator.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call(&self, domain: &str, service: &str, data: Value) -> Result<Outcome, CallError> {
        self.services.get_or_init(|| components::register(self.home.bus()).expect("the catalogue registers"));
        let data = if let Value::Object(data) = data { data } else { Map::new() };
        let context = Context::new(new_context_id(now()), None);
        self.home.bus().call(admin(), CallRequest::new(domain, service, data), context).await
    }

    /// Makes the disk fail, or work again.
    pub fn set_disk_fails(&self, fails: bool) {
        self.home.disk_fails.store(fails, Ordering::Release);
    }

    /// Makes the disk take so long, in whole milliseconds, to register entities.
    pub fn set_disk_time(&self, time: Duration) {
        self.home.disk_time.store(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), Ordering::Release);
    }

    /// Lets `n` more changes fit on the disk; what comes after them fails.
    pub fn set_disk_space(&self, n: usize) {
        self.home.disk_space.store(n, Ordering::Release);
    }

    /// Ends the administrator's session: what waits for its turn is refused when that comes.
    pub fn sign_out(&self) {
        self.home.signed_out.store(true, Ordering::Release);
    }

    /// Ends the test if anything runs that should not: a timer, a flow, an entry's code.
    #[track_caller]
    pub fn assert_quiet(&self) {
        assert_eq!(self.manager.count_running(), (0, 0, 0), "timers, flows, running entries");
        assert_eq!(json!(self.flows()), json!([]));
    }
}

fn admin() -> Principal {
    danger::system_principal("test kit")
}
