//! What a connection listens to: beginning and ending it, and what is shown of events.

use std::sync::Arc;

use auth_core::Timestamp;
use home::{Condition, Home};
use serde_json::{Value, json};
use service_bus::{Event, EventData, Viewer, now};

use super::{Connection, Waiting};
use crate::{
    CommandError,
    in_sight::{InSight, REGISTRY_EVENTS},
    message,
    subscription::{
        ConditionSubscription, EntityFilter, EntitySubscription, HistorySubscription, LogbookSubscription,
        Subscription, TemplateSubscription, TemplateWish,
    },
    told::Told,
};

/// The most subscriptions of one connection.
const MAX_SUBSCRIPTIONS: usize = 1024;

/// The most entities that the conditions of one connection look at, all together: one event may have all of them looked at.
const MAX_LOOKS: usize = 16_384;

impl Connection {
    /// Puts an event on its way to every subscription that it concerns.
    pub(crate) fn on_event(&mut self, event: &Arc<Event>) {
        let number = event.number();
        let mut stale = Vec::new();
        for (id, subscription) in &self.subscriptions {
            let wanted = match subscription {
                Subscription::Events { event_type, since } => {
                    let named = event_type.as_deref();
                    number > *since
                        && named.map_or_else(|| !Home::is_for_adapters(&event.event_type), |t| *t == *event.event_type)
                }
                Subscription::Entities(entities) => {
                    number > entities.since && matches!(event.data, EventData::StateChanged { .. })
                }
                Subscription::Told { told, since } => number > *since && &*event.event_type == told.event_type(),
                Subscription::Template(template) => {
                    if let EventData::StateChanged { entity_id, .. } = &event.data
                        && template.depends_on(entity_id)
                    {
                        stale.push(*id);
                    }
                    false
                }
                Subscription::History(history) => history.wants(event),
                Subscription::Condition(condition) => condition.wants(event),
                Subscription::Logbook(logbook) => logbook.wants(event),
                Subscription::Nothing => false,
            };
            if wanted {
                self.outbox.push_back(Waiting::Event(*id, Arc::clone(event)));
            }
        }
        stale.into_iter().for_each(|id| self.render(id));
    }

    /// Looks again at everything that was shown: rights or the home have changed.
    pub(crate) fn on_world_changed(&mut self) {
        let world = self.home.bus().world();
        let viewer = Viewer::new(&world, &self.session.principal);
        let appeared = self.in_sight.as_mut().map(|in_sight| in_sight.look(&viewer)).unwrap_or_default();
        let mut templates = Vec::new();
        for (id, subscription) in &mut self.subscriptions {
            match subscription {
                Subscription::Entities(entities) => {
                    let (states, since) = self.feed.states_now(|entity_id| entities.filter.wants(entity_id));
                    for text in entities.reconcile(&viewer, &states, since) {
                        self.outbox.push_back(Waiting::Text(message::event(*id, &text)));
                    }
                }
                Subscription::Template(_) => templates.push(*id),
                Subscription::Condition(condition) => {
                    let text = condition.look(&self.home, &viewer, &self.session.principal);
                    self.outbox.extend(text.map(|text| Waiting::Text(message::event(*id, &text))));
                }
                Subscription::History(history) => {
                    let asked = self.home.bus().authorize(&self.session.principal, history.wish());
                    // Who may ask nothing any more hears nothing any more.
                    let Ok(asked) = asked else { continue };
                    let found = self.home.history(asked);
                    let is_news = found.entities.iter().any(|(_, stretch)| !stretch.is_empty());
                    let text = history.past(&found, now());
                    if is_news {
                        self.outbox.push_back(Waiting::Text(message::event(*id, &text)));
                    }
                }
                Subscription::Events { event_type, .. } => {
                    let told = appeared.iter().filter(|(kind, _)| event_type.as_deref() == Some(kind));
                    for (_, event) in told {
                        self.outbox.push_back(Waiting::Text(message::event(*id, &event.to_string())));
                    }
                }
                Subscription::Told { .. } | Subscription::Logbook(_) | Subscription::Nothing => {}
            }
        }
        templates.into_iter().for_each(|id| self.render(id));
    }

    /// Returns what a subscription shows of an event, with the rights of now.
    pub(super) fn show(&mut self, id: u64, event: &Event) -> Option<String> {
        if !self.feed.hears(event) {
            return None;
        }
        let world = self.home.bus().world();
        let viewer = Viewer::new(&world, &self.session.principal);
        match self.subscriptions.get_mut(&id)? {
            Subscription::Events { .. } => String::from_utf8(viewer.event_json(event).to_vec()).ok(),
            Subscription::Entities(entities) if event.number() > entities.since => {
                entities.change(&viewer, &event.data)
            }
            Subscription::Told { told, .. } => match &event.data {
                EventData::Other(data) => told.show(&self.home, &viewer, data),
                EventData::StateChanged { .. } | EventData::Registry { .. } => None,
            },
            Subscription::History(history) => history.change(&self.home, &viewer, event),
            Subscription::Condition(condition) => condition.look(&self.home, &viewer, &self.session.principal),
            Subscription::Logbook(logbook) => logbook.change(&self.home, &viewer, event),
            Subscription::Entities(_) | Subscription::Template(_) | Subscription::Nothing => None,
        }
    }

    pub(crate) fn subscribe_to_events(&mut self, id: u64, event_type: Option<String>) -> Result<(), CommandError> {
        self.has_room()?;
        let since = self.feed.listen(event_type.as_deref());
        if event_type.as_deref().is_some_and(|kind| REGISTRY_EVENTS.contains(&kind)) && self.in_sight.is_none() {
            self.in_sight = Some(self.view(|_, viewer| Ok(InSight::of(viewer)))?);
        }
        self.subscriptions.insert(id, Subscription::Events { event_type, since });
        Ok(())
    }

    /// Subscribes to what the home tells of one kind of thing.
    pub(crate) fn subscribe_to(&mut self, id: u64, told: Told) -> Result<(), CommandError> {
        self.has_room()?;
        let since = self.feed.listen(Some(told.event_type()));
        self.subscriptions.insert(id, Subscription::Told { told, since });
        Ok(())
    }

    /// Subscribes to what is kept for everybody, and sends what that is.
    pub(crate) fn subscribe_to_system_data(&mut self, id: u64, key: String) -> Result<(), CommandError> {
        self.has_room()?;
        let since = self.feed.listen(Some(Event::SYSTEM_DATA));
        let value = self.view(|home, viewer| Ok(home.system_data(viewer, &key)))?;
        self.send(message::event(id, &json!({"value": value}).to_string()));
        self.subscriptions.insert(id, Subscription::Told { told: Told::SystemData(key, value), since });
        Ok(())
    }

    pub(crate) fn subscribe_to_nothing(&mut self, id: u64) -> Result<(), CommandError> {
        self.has_room()?;
        self.subscriptions.insert(id, Subscription::Nothing);
        Ok(())
    }

    pub(crate) fn subscribe_to_entities(&mut self, id: u64, filter: EntityFilter) -> Result<(), CommandError> {
        self.has_room()?;
        let (states, since) = self.feed.listen_to_states(|entity_id| filter.wants(entity_id));
        let mut entities = EntitySubscription::new(filter);
        let first = self.view(|_, viewer| Ok(entities.first(viewer, states, since)))?;
        self.send(message::result(id, &Value::Null));
        self.send(message::event(id, &first));
        self.subscriptions.insert(id, Subscription::Entities(Box::new(entities)));
        Ok(())
    }

    /// Sends what was, and what comes if it `goes_on`.
    pub(crate) fn subscribe_to_history(
        &mut self,
        id: u64,
        mut history: HistorySubscription,
        now: Timestamp,
        goes_on: bool,
    ) -> Result<(), CommandError> {
        self.has_room()?;
        let asked = self.authorize(history.wish())?;
        // Before it is read, so that nothing is missed; what comes twice is known by its number.
        if goes_on {
            self.feed.listen(Some("state_changed"));
        }
        let first = history.past(&self.home.history(asked), now);
        self.send(message::result(id, &Value::Null));
        self.send(message::event(id, &first));
        let subscription = if goes_on { Subscription::History(Box::new(history)) } else { Subscription::Nothing };
        self.subscriptions.insert(id, subscription);
        Ok(())
    }

    /// Sends what the logbook says, and what it will say if it `goes_on`.
    pub(crate) fn subscribe_to_logbook(
        &mut self,
        id: u64,
        mut logbook: LogbookSubscription,
        now: Timestamp,
        goes_on: bool,
    ) -> Result<(), CommandError> {
        self.has_room()?;
        let asked = self.authorize(logbook.wish())?;
        if goes_on {
            self.feed.listen(Some("state_changed"));
        }
        let first = logbook.past(&self.home.logbook(asked), now, goes_on);
        self.send(message::result(id, &Value::Null));
        first.iter().for_each(|event| self.send(message::event(id, event)));
        let subscription = if goes_on { Subscription::Logbook(Box::new(logbook)) } else { Subscription::Nothing };
        self.subscriptions.insert(id, subscription);
        Ok(())
    }

    pub(crate) fn subscribe_to_condition(&mut self, id: u64, condition: Condition) -> Result<(), CommandError> {
        self.has_room()?;
        let looks = |subscription: &Subscription| match subscription {
            Subscription::Condition(condition) => condition.n_looks(),
            _ => 0,
        };
        let n_looks: usize = self.subscriptions.values().map(looks).sum();
        if n_looks + condition.n_looks() > MAX_LOOKS {
            let text = format!("the conditions of a connection look at {MAX_LOOKS} entities at most");
            return Err(CommandError::new("not_allowed", text));
        }
        self.feed.listen(Some("state_changed"));
        let mut condition = ConditionSubscription::new(condition);
        let principal = &self.session.principal;
        let first = self.view(|home, viewer| Ok(condition.look(home, viewer, principal)))?;
        self.send(message::result(id, &Value::Null));
        first.iter().for_each(|text| self.send(message::event(id, text)));
        self.subscriptions.insert(id, Subscription::Condition(Box::new(condition)));
        Ok(())
    }

    pub(crate) fn subscribe_to_template(&mut self, id: u64, wish: TemplateWish) -> Result<(), CommandError> {
        self.has_room()?;
        self.feed.listen(Some("state_changed"));
        let template = Subscription::Template(Box::new(TemplateSubscription::new(wish)));
        self.subscriptions.insert(id, template);
        self.render(id);
        Ok(())
    }

    /// Ends a subscription; tells whether there was one.
    pub(crate) fn unsubscribe(&mut self, id: u64) -> bool {
        match self.subscriptions.remove(&id) {
            None => return false,
            Some(Subscription::Events { event_type, .. }) => self.feed.unlisten(event_type.as_deref()),
            Some(
                Subscription::Entities(_)
                | Subscription::Template(_)
                | Subscription::History(_)
                | Subscription::Condition(_)
                | Subscription::Logbook(_),
            ) => self.feed.unlisten(Some("state_changed")),
            Some(Subscription::Told { told, .. }) => self.feed.unlisten(Some(told.event_type())),
            Some(Subscription::Nothing) => {}
        }
        true
    }

    fn has_room(&self) -> Result<(), CommandError> {
        if self.subscriptions.len() < MAX_SUBSCRIPTIONS {
            return Ok(());
        }
        Err(CommandError::new("not_allowed", format!("a connection has at most {MAX_SUBSCRIPTIONS} subscriptions")))
    }
}
