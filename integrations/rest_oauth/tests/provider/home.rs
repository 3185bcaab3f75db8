//! A home in memory with real HTTP clients.

use std::{sync::Arc, time::Duration};

use auth_core::Principal;
use config_entries::{FlowAnswer, Manager, oauth2::CallbackError};
use integration_testkit::Kit;
use outbound::{Client, Limits, Reach, SystemLookup};
use rest_oauth::{OutboundWeb, RestOauth};
use serde_json::{Value, json};

use crate::{
    browser::{Back, Browser},
    node::Node,
};

pub(crate) struct Home {
    kit: Option<Kit>,
}

fn register(manager: &Manager, principal: &dyn Fn(&str) -> Principal) {
    // Silence is noticed soon.
    let limits = Limits { whole: Duration::from_secs(2), ..Limits::default() };
    let client = |reach| Client::with(reach, limits, Arc::new(SystemLookup)).unwrap();
    let web = OutboundWeb::with(client(Reach::Public), client(Reach::Private));
    manager.register(RestOauth::new(web), principal("rest_oauth")).expect("its own principal");
}

/// Returns the page that a flow shows.
pub(crate) fn url_of(page: &FlowAnswer) -> String {
    page.to_wire().get("url").and_then(Value::as_str).expect("a page to visit").to_owned()
}

impl Home {
    pub(crate) async fn start() -> Self {
        let kit = Kit::new(1).credential("rest_oauth", "doorward", "a secret of the tests");
        Self { kit: Some(kit.start(register).await) }
    }

    pub(crate) const fn kit(&self) -> &Kit {
        self.kit.as_ref().expect("it is there but for a moment")
    }

    pub(crate) async fn restart(&mut self) {
        let kit = self.kit.take().unwrap();
        self.kit = Some(kit.restart(register).await);
    }

    /// Fills the form for a resource of the provider, whose tokens are got at `token_port`; returns the page to visit.
    pub(crate) async fn begin(&self, node: &Node, token_port: u16) -> FlowAnswer {
        let start = self.kit().start_flow("rest_oauth").await.unwrap();
        let input = json!({
            "name": "Me",
            "authorize_url": node.url("/auth"),
            "token_url": format!("http://127.0.0.1:{token_port}/token"),
            "scope": "openid",
            "local": true,
            "resource_url": node.url("/me"),
            "userinfo_url": node.url("/me"),
            "sensors": "Who = sub",
        });
        self.kit().answer(start.flow_id(), input).await.unwrap()
    }

    /// Makes an entry of an account, which looks every ten seconds; returns its id.
    pub(crate) async fn set_up(&self, node: &Node, token_port: u16, login: &str) -> String {
        let page = self.begin(node, token_port).await;
        let back = Browser::default().sign_in(url_of(&page), login).await;
        self.come_back(&back).await;
        let done = self.kit().look(page.flow_id()).await.unwrap();
        let id = done.entry_id().expect("an entry").to_owned();
        assert_eq!(self.kit().state(&id), "loaded");
        let options = self.kit().start_options(&id).await.unwrap();
        let input = json!({"scan_interval": 10, "sensors": "Who = sub"});
        self.kit().answer_options(options.flow_id(), input).await.unwrap();
        // What has changed is reloaded soon.
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.kit().until(&id, "loaded").await;
        id
    }

    /// Goes through the one reauthentication of an entry; returns what it comes to.
    pub(crate) async fn sign_in_again(&self, id: &str, login: &str) -> String {
        let flow = self.kit().only_reauth(id);
        let page = self.kit().answer(&flow, json!({})).await.unwrap();
        let back = Browser::default().sign_in(url_of(&page), login).await;
        self.come_back(&back).await;
        self.kit().look(&flow).await.unwrap().reason().expect("it is over").to_owned()
    }

    pub(crate) async fn come_back(&self, back: &Back) {
        self.try_come_back(back).await.unwrap();
    }

    pub(crate) async fn try_come_back(&self, back: &Back) -> Result<(), CallbackError> {
        self.kit().manager().external_callback(&back.state, back.code.as_deref(), back.error.as_deref()).await
    }

    pub(crate) fn refresh_token(&self) -> String {
        let entries = self.kit().entries("rest_oauth");
        let token = entries.first().and_then(|entry| entry.data.get("token")?.get("refresh_token")?.as_str());
        token.expect("a refresh token").to_owned()
    }
}
